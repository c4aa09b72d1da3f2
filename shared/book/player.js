"use strict"

// The twelve programs as one. Each line of the listings has the number of its
// life: two lines with the same number are the same line, in two programs.

const PAUSE = 2500 // milliseconds for which a program stays when they play
// In em, as in player.css. To look up its variable for each line takes time.
const LINE_HEIGHT = 1.5
const PER_FRAME = 30 // lines that a slow processor can set off in a frame
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
  let timer, current, pending

  const put = (line, n) => {
    line.place.style.transform = `translateY(${n * LINE_HEIGHT}em)`
    line.n = n
  }
  const write = ({ life, born, html }, n) => {
    if (!shown.has(life)) {
      const place = document.createElement("p")
      place.dataset.life = life
      place.className = born
      shown.set(life, { place })
      put(shown.get(life), n)
      paper.append(place)
    }
    const line = shown.get(life)
    // A line that moves may have another indent, and other words around it.
    if (line.html !== html) line.place.innerHTML = line.html = html
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

    lines.forEach(write)
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
    current = stage

    const places = new Map(lines.map((line, n) => [line.life, n]))
    const [gliding, turning, unseen] = [[], [], []]
    for (const [key, line] of shown) {
      const n = places.get(key), isHere = n !== undefined
      const wasHere = line.place.matches(".here")
      if (!wasHere && !isHere) continue
      const isSeen = inSight(line.n) || inSight(n)
      const group = !isSeen ? unseen : wasHere && isHere ? gliding : turning
      group.push(() => {
        const { classList } = line.place
        classList.toggle("glides", isSeen)
        classList.toggle("here", isHere)
        classList.toggle("looked-at", key === life)
        if (!isHere) return
        if (isOther) classList.toggle("new", isNew(lines[n]))
        put(line, n)
      })
    }
    const look = () => {
      if (target === undefined) return
      screen.scrollTo({ top, behavior: still.matches ? "auto" : "smooth" })
    }
    const changes = [...gliding, ...turning, look, ...unseen]
    const atOnce = before.size === 0 || still.matches
    const go = (most) => {
      changes.splice(0, most).forEach((change) => change())
      if (changes.length) pending = requestAnimationFrame(() => go(most))
    }
    cancelAnimationFrame(pending)
    if (atOnce) return go(changes.length)
    // What was written is laid out in a frame of its own.
    pending = requestAnimationFrame(() => {
      pending = requestAnimationFrame(() => go(PER_FRAME))
    })
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
