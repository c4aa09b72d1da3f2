"use strict"

// What is said, in the language of the page: names.js has the translations.
const say = (english, fields = {}) => (WORDS[english] ?? english).replace(
  /\{(\w+)\}/g, (field, name) => fields[name] ?? field)

// A browser may keep pages from remembering; they work all the same.
const remembered = (name) => {
  try { return localStorage[`torch-in-twelve-${name}`] } catch {}
}
const remember = (name, value) => {
  try { localStorage[`torch-in-twelve-${name}`] = value } catch {}
}

const choose = (name, value) => {
  for (const input of document.getElementsByName(name)) {
    if (input.value === value) input.checked = true
  }
}

for (const group of document.querySelectorAll("[data-remember]")) {
  const name = group.dataset.remember
  group.addEventListener("change", (event) => {
    remember(name, event.target.value)
    if (name === "theme") {
      document.documentElement.dataset.theme = event.target.value
    }
  })
}

// The same place of the page, in the other language; it is remembered.
for (const link of document.querySelectorAll(".language")) {
  link.addEventListener("click", () => {
    remember("language", link.hreflang)
    link.hash = location.hash
  })
}

// Two programs side by side need room.
const narrow = matchMedia("(max-width: 60rem)")
const fit = () => {
  const view = remembered("view") || "unified"
  choose("view", narrow.matches && view === "split" ? "unified" : view)
}
narrow.addEventListener("change", fit)
addEventListener("pageshow", () => {
  choose("theme", remembered("theme"))
  fit()
})

const unfold = (button, open) => {
  const lines = button.closest(".fold").nextElementSibling
  lines.hidden = !open
  button.setAttribute("aria-expanded", String(open))
}
for (const button of document.querySelectorAll(".fold button")) {
  button.addEventListener("click", () => {
    unfold(button, button.getAttribute("aria-expanded") === "false")
  })
}

// An address such as #L31 may lead to a line that is folded away.
const reveal = () => {
  const line = location.hash && document.getElementById(location.hash.slice(1))
  const lines = line && line.closest(".lines[hidden]")
  if (lines) {
    unfold(lines.previousElementSibling.querySelector("button"), true)
    line.scrollIntoView()
  }
}
addEventListener("hashchange", reveal)
reveal()

// The notes: in the margin, or below their line when they are asked for.
const notes = [...document.querySelectorAll(".listing .note")]
const buttonOf = (note) =>
  document.querySelector(`.listing .mark[data-note="${note.id}"]`)
const open = (note, opened) => {
  note.classList.toggle("open", opened)
  buttonOf(note).setAttribute("aria-expanded", String(opened))
}
const margin = matchMedia("(min-width: 75rem)")
for (const note of notes) {
  buttonOf(note).addEventListener("click", () => {
    open(note, margin.matches || !note.classList.contains("open"))
    if (margin.matches) note.focus()
  })
}
const step = (by) => {
  if (!notes.length) return
  const now = notes.indexOf(document.activeElement.closest(".note"))
  const next = notes[now < 0 ? (by > 0 ? 0 : notes.length - 1) : now + by]
  if (!next) return
  if (document.querySelector(".split")?.checkVisibility()) {
    choose("view", "unified")
  }
  open(next, true)
  next.focus({ preventScroll: true })
  buttonOf(next).scrollIntoView({ block: "center" })
}

// Side by side, a note is shown below its row.
for (const button of document.querySelectorAll(".split .mark")) {
  button.addEventListener("click", () => {
    const row = button.closest("tr")
    const shown = row.parentElement.querySelector(
      `tr[data-of="${button.dataset.note}"]`)
    if (shown) return shown.remove()
    const copy = document.getElementById(button.dataset.note).cloneNode(true)
    copy.removeAttribute("id")
    copy.classList.add("open")
    const below = document.createElement("tr")
    below.dataset.of = button.dataset.note
    const cell = below.insertCell()
    cell.colSpan = 4
    cell.append(copy)
    row.after(below)
  })
}

// On a name of PyTorch: a sentence, and a link to its documentation.
const explained = document.getElementById("explained")
const hide = () => { explained.hidden = true }
const explain = (link) => {
  const [name, ...sentence] = link.dataset.says.split(": ")
  const text = document.createElement("p")
  const code = document.createElement("code")
  code.textContent = name
  const more = document.createElement("a")
  more.href = link.href
  more.textContent = say("Documentation")
  text.append(code, ": ", sentence.join(": "), " ", more)
  explained.replaceChildren(text)
  explained.hidden = false
  const box = link.getBoundingClientRect()
  const right = document.documentElement.clientWidth - explained.offsetWidth
  explained.style.left = `${Math.max(8, Math.min(box.left, right - 8))}px`
  explained.style.top = `${box.bottom + scrollY}px`
}
for (const link of document.querySelectorAll(".api")) {
  link.dataset.says = link.title
  link.removeAttribute("title")
  link.addEventListener("pointerenter", (event) => {
    if (event.pointerType === "mouse") explain(link)
  })
  link.addEventListener("focus", () => explain(link))
  // The first tap explains; the link in the explanation leads on.
  link.addEventListener("click", (event) => {
    if (event.pointerType === "touch") {
      event.preventDefault()
      explain(link)
    }
  })
}
document.addEventListener("pointerdown", (event) => {
  if (!event.target.closest("#explained, .api")) hide()
})
document.addEventListener("pointerover", (event) => {
  if (event.pointerType === "mouse" &&
      !event.target.closest("#explained, .api")) hide()
})

// Find a name among those of all pages, in names.js.
const find = document.getElementById("find")
const found = document.getElementById("found")
const contents = document.querySelector(".contents")
find.addEventListener("input", () => {
  const asked = find.value.trim().toLowerCase()
  const rank = ([name]) => name.toLowerCase().indexOf(asked)
  const hits = asked ? NAMES.filter((entry) => rank(entry) >= 0) : []
  hits.sort((a, b) => rank(a) - rank(b) || a[0].length - b[0].length)
  found.replaceChildren(...hits.slice(0, 12).map(([name, where, address]) => {
    const item = document.createElement("li")
    const link = document.createElement("a")
    const place = document.createElement("small")
    link.href = address
    link.textContent = name
    place.textContent = ` ${where}`
    item.append(link, place)
    return item
  }))
})
find.addEventListener("keydown", (event) => {
  if (event.key === "Enter") found.querySelector("a")?.click()
})
document.addEventListener("pointerdown", (event) => {
  if (!event.target.closest(".contents")) contents.open = false
})
found.addEventListener("click", () => { contents.open = false })

const copy = async (text) => {
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    const area = document.createElement("textarea")
    area.value = text
    document.body.append(area)
    area.select()
    const done = document.execCommand("copy")
    area.remove()
    if (!done) return say("Copying is not allowed")
  }
  return say("Copied")
}

for (const button of document.querySelectorAll("[data-copy]")) {
  const label = button.textContent
  button.addEventListener("click", async () => {
    const file = document.getElementById(button.dataset.copy)
    const text = file ? file.content.textContent
      : button.closest(".command").querySelector("code").textContent
    button.textContent = await copy(text)
    document.getElementById("said").textContent = button.textContent
    setTimeout(() => { button.textContent = label }, 2000)
  })
}

const keys = document.getElementById("keys")
document.querySelector("[data-keys]").addEventListener("click", () => {
  keys.showModal()
})

// A switch that was clicked, not reached by keyboard, leaves the arrow keys
// to the pages.
let clicked = null
for (const label of document.querySelectorAll(".switch label")) {
  label.addEventListener("pointerup", () => { clicked = label.control })
}
addEventListener("keydown", (event) => {
  if (event.key === "Tab") clicked = null
  if (event.repeat || event.altKey || event.ctrlKey || event.metaKey) return
  const { target } = event
  if (keys.open) return
  if (event.key === "Escape") {
    hide()
    contents.open = false
  }
  const typing = target.closest("input:not([type=radio]), textarea, [contenteditable]")
  if (typing) return
  if (event.key === "j") step(1)
  if (event.key === "k") step(-1)
  if (event.key === "?") keys.showModal()
  if (event.key === "/") {
    event.preventDefault()
    contents.open = true
    find.focus()
  }
  const rel = { ArrowLeft: "prev", ArrowRight: "next" }[event.key]
  const box = target.closest("[tabindex='0']")
  const scrolls = box && box.scrollWidth > box.clientWidth // by these keys
  if (!rel || scrolls || (target.type === "radio" && !clicked)) return
  event.preventDefault()
  document.querySelector(`a[rel="${rel}"]`)?.click()
})
