"use strict"

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

// Two programs side by side need room.
const narrow = matchMedia("(max-width: 60rem)")
const fit = () => {
  const view = remembered("view") || "split"
  choose("view", narrow.matches && view === "split" ? "unified" : view)
}
narrow.addEventListener("change", fit)
addEventListener("pageshow", () => {
  choose("theme", remembered("theme"))
  fit()
})

for (const button of document.querySelectorAll(".fold button")) {
  button.addEventListener("click", () => {
    const lines = button.closest("tbody").nextElementSibling
    lines.hidden = !lines.hidden
    button.setAttribute("aria-expanded", String(!lines.hidden))
  })
}

const copy = async (code) => {
  try {
    await navigator.clipboard.writeText(code.textContent)
  } catch {
    getSelection().selectAllChildren(code)
    if (!document.execCommand("copy")) return "Press Ctrl-C to copy"
  }
  return "Copied"
}

for (const button of document.querySelectorAll("[data-copy]")) {
  const label = button.textContent
  button.addEventListener("click", async () => {
    const code = button.closest(".command, .whole").querySelector("code")
    button.textContent = await copy(code)
    document.getElementById("said").textContent = button.textContent
    setTimeout(() => { button.textContent = label }, 2000)
  })
}

addEventListener("keydown", (event) => {
  if (event.repeat || event.altKey || event.ctrlKey || event.metaKey) return
  if (event.target.closest("input, [contenteditable]")) return
  const rel = { ArrowLeft: "prev", ArrowRight: "next" }[event.key]
  document.querySelector(`a[rel="${rel}"]`)?.click()
})
