"use strict"

// For a projector: `p` shows the code alone, large, and one note at a time,
// or in the player one program at a time. Escape returns.
{
  const still = matchMedia("(prefers-reduced-motion: reduce)")
  const root = document.documentElement
  const notes = [...document.querySelectorAll(".change .note")]
  const slider = document.querySelector(".player input")
  const screen = document.querySelector(".player .screen")
  const presenting = () => root.classList.contains("presenting")
  let at = 0

  // The line that a note belongs to stands before it, as do other notes of it.
  const lineOf = (note) => {
    let line = note
    while (!line.matches(".line")) line = line.previousElementSibling
    return line
  }
  const tell = (i, behavior = still.matches ? "auto" : "smooth") => {
    at = Math.min(Math.max(i, 0), notes.length - 1)
    for (const told of document.querySelectorAll(".told")) {
      told.classList.remove("told")
    }
    const note = notes[at], line = lineOf(note)
    note.classList.add("told")
    line.classList.add("told")
    document.querySelector(".presented output").textContent =
      `${at + 1} / ${notes.length}`
    note.focus({ preventScroll: true })
    line.scrollIntoView({ block: "center", behavior })
  }

  const turn = (by) => {
    if (!slider) return tell(at + by)
    slider.valueAsNumber += by
    slider.dispatchEvent(new Event("input"))
  }

  // What was in the middle of the player's screen stays there.
  const toggle = (on) => {
    const middle = screen
      && (screen.scrollTop + screen.clientHeight / 2) / screen.scrollHeight
    root.classList.toggle("presenting", on)
    if (screen) {
      screen.scrollTop =
        middle * screen.scrollHeight - screen.clientHeight / 2
    }
  }
  const present = () => {
    toggle(true)
    if (slider) return slider.focus()
    choose("view", "unified")
    const now = notes.indexOf(document.activeElement.closest(".note"))
    tell(Math.max(now, 0), "auto")
  }
  const leave = () => {
    toggle(false)
    if (slider) return
    fit() // to the view that was chosen before
    lineOf(notes[at]).scrollIntoView({ block: "center" })
  }

  const STEPS = { ArrowLeft: -1, ArrowRight: 1, k: -1, j: 1 }
  addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    if (event.target.closest("dialog, input[type=search], textarea")) return
    const { key } = event
    if (!presenting()) {
      if (key === "p") present()
      return
    }
    if (key === "p" || key === "Escape") leave()
    else if (key in STEPS) turn(STEPS[key])
    else return
    event.preventDefault()
    event.stopImmediatePropagation() // or the page would be turned, too
  }, true)
  for (const button of document.querySelectorAll("[data-present]")) {
    button.addEventListener("click", present)
  }
}
