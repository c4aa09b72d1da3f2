"use strict"

// The page on which a digit is drawn: from the pen to the bars.

{
  const page = document.querySelector(".write")
  const { networks, samples } =
    JSON.parse(document.getElementById("reading").textContent)
  for (const network of Object.values(networks)) {
    network.numbers = reader.floats(network.numbers)
  }
  const find = (selector) => page.querySelector(selector)
  const paper = find(".paper")
  const pen = paper.getContext("2d", { willReadFrequently: true })
  const rows = [...page.querySelectorAll("tr[data-network]")]
  const LARGEST = 1000 // pixels; a larger picture is made smaller first
  let image = null // 784 numbers, or null while there is nothing to read

  const wipe = () => {
    pen.fillStyle = "#fff"
    pen.fillRect(0, 0, paper.width, paper.height)
  }

  const paint = (canvas, side, color) => {
    canvas.width = canvas.height = side
    const context = canvas.getContext("2d")
    const pixels = context.createImageData(side, side)
    for (let i = 0; i < side * side; i++) pixels.data.set(color(i), 4 * i)
    context.putImageData(pixels, 0, 0)
  }

  const show = () => {
    find(".here").hidden = image !== null
    paint(find(".seen"), reader.SIZE, (i) => {
      const grey = 255 - Math.round((image?.[i] ?? 0) * 255)
      return [grey, grey, grey, 255]
    })
    const found = {}
    for (const row of rows) {
      const key = row.dataset.network
      const cells = [...row.querySelectorAll("td")]
      const reads = cells.pop()
      if (image) found[key] ??= reader.evidence(networks[key], image)
      const logs = image && reader.logProbs(found[key])
      cells.forEach((cell, digit) => {
        const p = logs ? Math.exp(logs[digit]) : 0
        cell.style.setProperty("--p", p.toFixed(4))
        cell.textContent = p >= 0.005 ? Math.round(100 * p) : ""
      })
      reads.textContent = logs ? logs.indexOf(Math.max(...logs)) : ""
    }
    explain(found)
  }

  const explain = (found) => {
    const row = rows.find((row) => row.querySelector("input").checked)
    const { side, found: parts } = found[row.dataset.network]
      ?? { side: 1, found: null }
    const digit = Number(row.querySelector(".reads").textContent)
    const against = parts?.[0].map((_, i) =>
      parts.reduce((total, part) => total + part[i], 0) / parts.length)
    const parted = parts?.[digit].map((value, i) => value - against[i])
    const most = Math.max(...(parted ?? [0]).map(Math.abs)) || 1
    paint(find(".evidence"), side, (i) => {
      const strength = Math.sqrt(Math.abs((parted?.[i] ?? 0) / most))
      const color = (parted?.[i] ?? 0) > 0 ? [0, 89, 204] : [193, 26, 26]
      return [...color.map((c) => 255 - (255 - c) * strength), 255]
    })
    const said = { digit, stage: row.querySelector("input").value }
    find(".why").textContent = parts
      ? say("What speaks for a {digit} (blue) and against (red), to stage {stage}.", said)
      : say("What speaks for the digit that a stage reads, and against.")
    find("[role=status]").textContent =
      parts ? say("stage {stage} reads {digit}", said) : ""
  }

  const read = (canvas) => {
    const context = canvas.getContext("2d")
    const picture = reader.greys(
      context.getImageData(0, 0, canvas.width, canvas.height))
    image = picture && reader.prepare(picture)
    show()
  }

  // Draw.
  let drawing = false, waiting = false
  const place = (event) => {
    const box = paper.getBoundingClientRect()
    return [(event.clientX - box.left) * paper.width / box.width,
      (event.clientY - box.top) * paper.height / box.height]
  }
  const soon = () => {
    if (waiting) return
    waiting = true
    requestAnimationFrame(() => {
      waiting = false
      read(paper)
    })
  }
  paper.addEventListener("pointerdown", (event) => {
    paper.setPointerCapture(event.pointerId)
    drawing = true
    pen.lineWidth = paper.width / 14
    pen.lineCap = pen.lineJoin = "round"
    pen.strokeStyle = "#000"
    pen.beginPath()
    pen.moveTo(...place(event))
    pen.lineTo(...place(event))
    pen.stroke()
    soon()
  })
  paper.addEventListener("pointermove", (event) => {
    if (!drawing) return
    for (const part of event.getCoalescedEvents?.() ?? [event]) {
      pen.lineTo(...place(part))
    }
    pen.stroke()
    soon()
  })
  for (const end of ["pointerup", "pointercancel"]) {
    paper.addEventListener(end, () => { drawing = false })
  }
  find("[data-clear]").addEventListener("click", () => {
    wipe()
    read(paper)
  })

  // Bring a picture.
  const bring = async (file) => {
    if (!file?.type.startsWith("image/")) return
    let picture
    try {
      picture = await createImageBitmap(file)
    } catch {
      find(".why").textContent = say("{file} is no picture.", { file: file.name })
      return
    }
    const scale = Math.min(1, LARGEST / Math.max(picture.width, picture.height))
    const canvas = document.createElement("canvas")
    canvas.width = Math.max(1, Math.round(picture.width * scale))
    canvas.height = Math.max(1, Math.round(picture.height * scale))
    canvas.getContext("2d").drawImage(
      picture, 0, 0, canvas.width, canvas.height)
    const fit = paper.width / Math.max(canvas.width, canvas.height)
    wipe()
    pen.drawImage(canvas, 0, 0, canvas.width * fit, canvas.height * fit)
    read(canvas)
  }
  find("input[type=file]").addEventListener("change", (event) => {
    bring(event.target.files[0])
  })
  paper.addEventListener("dragover", (event) => {
    event.preventDefault()
    paper.classList.add("over")
  })
  for (const end of ["dragleave", "drop"]) {
    paper.addEventListener(end, () => paper.classList.remove("over"))
  }
  paper.addEventListener("drop", (event) => {
    event.preventDefault()
    bring(event.dataTransfer.files[0])
  })
  addEventListener("paste", (event) => bring(event.clipboardData.files[0]))

  // Take a sample: it is prepared already.
  page.addEventListener("click", (event) => {
    const { sample } = event.target.dataset
    if (sample === undefined) return
    const levels = atob(samples[sample])
    image = Float32Array.from(levels, (char) => char.charCodeAt(0) / 256)
    const scale = paper.width / reader.SIZE
    wipe()
    image.forEach((value, i) => {
      const grey = 255 - Math.round(value * 255)
      pen.fillStyle = `rgb(${grey} ${grey} ${grey})`
      pen.fillRect(i % reader.SIZE * scale,
        Math.floor(i / reader.SIZE) * scale, scale, scale)
    })
    show()
  })

  for (const row of rows) row.addEventListener("change", show)
  page.hidden = false
  document.querySelector("[data-without]").hidden = true
  wipe()
  show()
}
