"use strict"

// The twelve programs as one. Each line of the listings has the number of its
// life: two lines with the same number are the same line, in two programs.

const PAUSE = 2500 // milliseconds for which a program stays when they play
const still = matchMedia("(prefers-reduced-motion: reduce)")

const play = (player) => {
  const programs = [...player.querySelectorAll(".listing")].map((listing) => ({
    ...listing.dataset,
    lines: [...listing.querySelectorAll("li")].map((line) => ({
      life: line.dataset.life,
      born: line.className,
      html: line.innerHTML,
      isBlank: !line.textContent.trim(),
    })),
  }))
  const find = (selector) => player.querySelector(selector)
  const screen = find(".screen"), paper = screen.firstElementChild
  const slider = find("input"), button = find("[data-play]")
  const cells = [...player.querySelectorAll(".survival rect")]
  const shown = new Map() // by their lives, the lines that ever stood
  let timer, current

  const stand = ({ life, born, html }, n) => {
    if (!shown.has(life)) {
      const place = document.createElement("p")
      place.dataset.life = life
      place.className = born
      shown.set(life, { place })
      paper.append(place)
    }
    const line = shown.get(life)
    // A line that moves may have another indent, and other words around it.
    if (line.html !== html) line.place.innerHTML = html
    line.place.style.transform = `translateY(calc(${n} * var(--line-height)))`
    return Object.assign(line, { html, n })
  }

  const show = (stage, life) => {
    // Asked before anything changes, or all would be laid out once more.
    const height = parseFloat(getComputedStyle(screen).lineHeight)
    const { scrollTop, clientHeight } = screen
    const { page, heading, swaps, lines } = programs[stage]
    const isOther = stage !== current
    const before = new Set(programs[current]?.lines.map((line) => line.life))
    const isNew = (line) =>
      before.size > 0 && isOther && !before.has(line.life) && !line.isBlank
    const fresh = [...lines.keys()].filter((n) => isNew(lines[n]))
    // Look at the line asked for, or at the longest stretch of new ones.
    const target = life === undefined ? middle(fresh)
      : lines.findIndex((line) => line.life === life)
    const most = Math.max(lines.length * height - clientHeight, 0)
    const top = target === undefined ? scrollTop
      : Math.min(Math.max(target * height - clientHeight / 2, 0), most)
    // To begin to glide takes time: only lines that can be seen do.
    const inSight = (n) => [scrollTop, top].some((edge) =>
      n * height > edge - height && n * height < edge + clientHeight)

    const here = new Set(lines.map((line) => line.life))
    for (const { place, n } of shown.values()) {
      place.classList.toggle("glides", inSight(n))
    }
    lines.forEach((line, n) => {
      const { place } = stand(line, n)
      if (inSight(n)) place.classList.add("glides")
      if (isOther) place.classList.toggle("new", isNew(line))
    })
    for (const [key, { place }] of shown) {
      place.classList.toggle("here", here.has(key))
      place.classList.toggle("looked-at", key === life)
    }
    paper.style.height = `calc(${lines.length} * var(--line-height))`
    if (isOther) {
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
    if (target !== undefined) {
      screen.scrollTo({ top, behavior: still.matches ? "auto" : "smooth" })
    }
    current = stage
  }

  const cue = () => {
    const { scrollLeft, clientWidth, scrollWidth } = screen
    screen.classList.toggle("more", scrollLeft + clientWidth < scrollWidth - 1)
  }
  screen.addEventListener("scroll", cue)
  new ResizeObserver(cue).observe(screen)

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
