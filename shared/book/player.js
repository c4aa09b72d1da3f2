"use strict"

// The twelve programs as one. Each line of the listings has the number of its
// life: two lines with the same number are the same line, in two programs.

const PAUSE = 2500 // milliseconds for which a program stays when they play
const still = matchMedia("(prefers-reduced-motion: reduce)")

const play = (player) => {
  const programs = [...player.querySelectorAll(".listing")].map((listing) => ({
    ...listing.dataset,
    lines: [...listing.querySelectorAll("li")],
  }))
  const find = (selector) => player.querySelector(selector)
  const screen = find(".screen"), paper = screen.firstElementChild
  const slider = find("input"), button = find("[data-play]")
  const cells = [...player.querySelectorAll(".survival rect")]
  const shown = new Map() // by their lives, the lines that ever stood
  let timer, current

  const row = (n) => n * parseFloat(getComputedStyle(screen).lineHeight)

  const stand = (line, n) => {
    const { life } = line.dataset
    let place = shown.get(life)
    if (!place) {
      place = document.createElement("p")
      place.dataset.life = life
      place.className = line.className
      shown.set(life, place)
      paper.append(place)
    }
    // A line that moves may have another indent, and other words around it.
    if (place.innerHTML !== line.innerHTML) place.innerHTML = line.innerHTML
    place.style.transform = `translateY(calc(${n} * var(--line-height)))`
    return place
  }

  const show = (stage, life) => {
    const before = new Set(programs[current]?.lines.map((l) => l.dataset.life))
    const here = new Set()
    const fresh = []
    programs[stage].lines.forEach((line, n) => {
      const place = stand(line, n)
      here.add(line.dataset.life)
      const isNew = current !== undefined && stage !== current
        && !before.has(line.dataset.life)
      if (stage !== current) {
        place.classList.toggle("new", isNew && line.textContent.trim() !== "")
      }
      if (isNew && line.textContent.trim()) fresh.push(n)
    })
    for (const [key, place] of shown) {
      place.classList.toggle("here", here.has(key))
      place.classList.toggle("looked-at", key === life)
    }
    paper.style.height =
      `calc(${programs[stage].lines.length} * var(--line-height))`
    const { page, heading, swaps, lines } = programs[stage]
    if (stage !== current) {
      const link = document.createElement("a")
      link.href = page
      link.textContent = heading
      const said = document.createElement("small")
      said.textContent = ` ${say("swaps in {swaps}", { swaps })}`
      find(".now").replaceChildren(link, said)
    }
    slider.value = stage + 1
    slider.setAttribute("aria-valuetext", heading)
    for (const head of player.querySelectorAll(".survival a")) {
      const isHere = Number(head.dataset.stage) === stage
      isHere ? head.setAttribute("aria-current", "true")
        : head.removeAttribute("aria-current")
    }
    // Look at the line asked for, or at the longest stretch of new ones.
    const target = life === undefined ? middle(fresh)
      : lines.findIndex((line) => line.dataset.life === life)
    if (target !== undefined) {
      screen.scrollTo({
        top: row(target) - screen.clientHeight / 2,
        behavior: still.matches ? "auto" : "smooth",
      })
    }
    current = stage
  }

  const middle = (numbers) => {
    const runs = []
    for (const n of numbers) {
      n === runs.at(-1)?.at(-1) + 1 ? runs.at(-1).push(n) : runs.push([n])
    }
    const longest = runs.reduce((a, b) => (b.length > a.length ? b : a), [])
    return longest[longest.length >> 1]
  }

  const stop = () => {
    clearInterval(timer)
    timer = undefined
    button.textContent = say("Play")
    button.setAttribute("aria-pressed", "false")
  }
  const step = () => {
    show(current + 1)
    if (current === programs.length - 1) stop()
  }
  button.addEventListener("click", () => {
    if (timer) return stop()
    button.textContent = say("Pause")
    button.setAttribute("aria-pressed", "true")
    if (current === programs.length - 1) show(0)
    else step()
    timer = setInterval(step, PAUSE)
  })
  slider.addEventListener("input", () => {
    stop()
    show(slider.valueAsNumber - 1)
  })

  const mark = (life) => {
    for (const cell of cells) {
      cell.classList.toggle("faint", life && cell.dataset.life !== life)
    }
  }
  const map = find(".survival")
  map.addEventListener("pointerover", (event) => mark(event.target.dataset.life))
  map.addEventListener("pointerleave", () => mark())
  map.addEventListener("click", (event) => {
    const { stage, life } = event.target.closest("[data-stage]")?.dataset ?? {}
    if (stage === undefined) return
    event.preventDefault()
    stop()
    show(Number(stage), life)
  })

  for (const hidden of player.querySelectorAll("[hidden]")) {
    hidden.hidden = false
  }
  map.classList.add("scripted")
  const asked = /^#stage-(\d+)$/.exec(location.hash)?.[1]
  const first = programs.findIndex(({ page }) => page === `stage-${asked}.html`)
  show(Math.max(first, 0))
}

document.querySelectorAll(".player").forEach(play)
