"use strict"

// Read a digit as the stages do: from the picture to the scores. What
// shared/extras/pictures.py does for a file, this does in a browser.

const reader = (() => {
  const SIZE = 28, BOX = 20 // pixels: the image, and what the ink is scaled to
  const FAINT = 0.25 // of the darkest ink; fainter does not bound a digit
  const PEN = 2 // pixels of the box; the least that a line is wide
  const BLANK = 0.1 // of the range from black to white; less is no digit

  const sum = (numbers) => numbers.reduce((a, b) => a + b, 0)

  // As Python rounds: halves to the even neighbour.
  const round = (x) => {
    const low = Math.floor(x)
    if (x - low !== 0.5) return Math.round(x)
    return low % 2 ? low + 1 : low
  }

  const median = (numbers) => {
    const sorted = Float64Array.from(numbers).sort()
    const half = sorted.length >> 1
    return sorted.length % 2 ? sorted[half]
      : (sorted[half - 1] + sorted[half]) / 2
  }

  // Grey levels of an ImageData, black being 0 and white 1; null if there is
  // nothing to see. What is transparent shows white, or black on light ink.
  const greys = ({ data, width, height }) => {
    const n = width * height
    const grey = new Float64Array(n), alpha = new Float64Array(n)
    for (let i = 0; i < n; i++) {
      const [r, g, b] = data.subarray(4 * i, 4 * i + 3)
      grey[i] = ((19595 * r + 38470 * g + 7471 * b + 32768) >> 16) / 255
      alpha[i] = data[4 * i + 3] / 255
    }
    const opaque = sum(alpha)
    const light = opaque > 0
      && sum(grey.map((value, i) => value * alpha[i])) / opaque > 0.5
    const paper = light ? 0 : 1
    const values = grey.map(
      (value, i) => value * alpha[i] + paper * (1 - alpha[i]))
    let least = 1, most = 0
    for (const value of values) {
      least = Math.min(least, value)
      most = Math.max(most, value)
    }
    return most - least < BLANK ? null : { values, width, height }
  }

  const padded = ({ values, width, height }, n) => {
    const wide = width + 2 * n, high = height + 2 * n
    const result = new Float64Array(wide * high)
    for (let y = 0; y < height; y++) {
      result.set(values.subarray(y * width, (y + 1) * width),
        (y + n) * wide + n)
    }
    return { values: result, width: wide, height: high }
  }

  // The lower envelope of parabolas (Felzenszwalb and Huttenlocher, 2012):
  // for each place of a line the least of (place - q)^2 + values[q].
  const envelope = (values) => {
    const n = values.length
    const at = [], from = []
    for (let q = 0; q < n; q++) {
      if (values[q] === Infinity) continue
      let start = -Infinity
      while (at.length) {
        const p = at.at(-1)
        start = (values[q] + q * q - values[p] - p * p) / (2 * (q - p))
        if (start > from.at(-1)) break
        at.pop()
        from.pop()
        start = -Infinity
      }
      at.push(q)
      from.push(start)
    }
    const result = new Float64Array(n).fill(Infinity)
    for (let x = 0, k = 0; x < n && at.length; x++) {
      while (from[k + 1] < x) k++
      result[x] = (x - at[k]) ** 2 + values[at[k]]
    }
    return result
  }

  // How far each pixel is from the nearest one that is not `inside`.
  const distances = ({ values, width, height }, inside) => {
    const squares = values.map((value) => (inside(value) ? Infinity : 0))
    for (let x = 0; x < width; x++) {
      const column = new Float64Array(height)
      for (let y = 0; y < height; y++) column[y] = squares[y * width + x]
      envelope(column).forEach((s, y) => { squares[y * width + x] = s })
    }
    for (let y = 0; y < height; y++) {
      squares.set(envelope(squares.slice(y * width, (y + 1) * width)),
        y * width)
    }
    return squares.map(Math.sqrt)
  }

  // Scale the rows of an image to `n` pixels: a triangle filter, as wide as
  // the pixels that fall on one. Rows come back as columns.
  const scaled = ({ values, width, height }, n) => {
    const scale = width / n, reach = Math.max(scale, 1)
    const result = new Float64Array(n * height)
    for (let x = 0; x < n; x++) {
      const center = (x + 0.5) * scale
      const first = Math.max(Math.trunc(center - reach + 0.5), 0)
      const last = Math.min(Math.trunc(center + reach + 0.5), width)
      const weights = []
      for (let i = first; i < last; i++) {
        weights.push(Math.max(1 - Math.abs((i - center + 0.5) / reach), 0))
      }
      const total = sum(weights)
      for (let y = 0; y < height; y++) {
        let value = 0
        weights.forEach((weight, i) => {
          value += weight / total * values[y * width + first + i]
        })
        result[x * height + y] = Math.fround(value)
      }
    }
    return { values: result, width: height, height: n }
  }

  // A picture of one digit as MNIST has them: 784 numbers, paper 0.
  const prepare = (picture) => {
    const { values, width, height } = picture
    const edge = []
    for (let x = 0; x < width; x++) {
      edge.push(values[x], values[(height - 1) * width + x])
    }
    for (let y = 0; y < height; y++) {
      edge.push(values[y * width], values[(y + 1) * width - 1])
    }
    const paper = median(edge)
    let ink = values.map((value) => Math.abs(value - paper))
    const darkest = ink.reduce((a, b) => Math.max(a, b), 0)
    ink = ink.map((value) => value / darkest)

    let left = width, right = 0, top = height, bottom = 0
    ink.forEach((value, i) => {
      if (value <= FAINT) return
      const x = i % width, y = (i - x) / width
      left = Math.min(left, x)
      right = Math.max(right, x + 1)
      top = Math.min(top, y)
      bottom = Math.max(bottom, y + 1)
    })
    const box = { width: right - left, height: bottom - top }
    box.values = new Float64Array(box.width * box.height)
    for (let y = top; y < bottom; y++) {
      box.values.set(ink.subarray(y * width + left, y * width + right),
        (y - top) * box.width)
    }

    // A thin pen would all but vanish when it is scaled down. On average a
    // point of a line is a quarter of its width from the paper.
    let digit = box
    const line = padded(box, 1)
    const inside = distances(line, (value) => value > FAINT)
      .filter((_, i) => line.values[i] > FAINT)
    const pen = 4 * sum(inside) / inside.length - 2
    const long = Math.max(box.width, box.height)
    const missing = (PEN / BOX * long - pen) / 2
    if (missing >= 1) {
      digit = padded(box, Math.ceil(missing))
      const near = distances(digit, (value) => value <= FAINT)
      digit.values = digit.values.map(
        (value, i) => (near[i] <= missing ? 1 : value))
    }

    const scale = BOX / Math.max(digit.width, digit.height)
    const w = Math.max(1, round(digit.width * scale))
    const h = Math.max(1, round(digit.height * scale))
    const small = scaled(
      scaled({ ...digit, values: digit.values.map(Math.fround) }, w), h
    ).values
    const most = small.reduce((a, b) => Math.max(a, b), 0)
    const dark = small.map((value) => Math.fround(value / most))

    const mass = sum(dark)
    let x = 0, y = 0
    dark.forEach((value, i) => {
      x += value * (i % w)
      y += value * Math.floor(i / w)
    })
    const corner = (at, n) =>
      Math.min(Math.max(round(SIZE / 2 - at / mass), 0), SIZE - n)
    const [startX, startY] = [corner(x, w), corner(y, h)]
    const image = new Float32Array(SIZE * SIZE)
    dark.forEach((value, i) => {
      const place = (startY + Math.floor(i / w)) * SIZE + startX + i % w
      image[place] = round(value * 255) / 256
    })
    return image
  }

  const floats = (text) => new Float32Array(
    Uint8Array.from(atob(text), (char) => char.charCodeAt(0)).buffer)

  const convolved = (layer, image, height, width) => {
    const { inputs, outputs, kernel, stride, padding, weight, bias } = layer
    const high = Math.floor((height + 2 * padding - kernel) / stride) + 1
    const wide = Math.floor((width + 2 * padding - kernel) / stride) + 1
    const result = new Float64Array(outputs * high * wide)
    for (let o = 0, at = 0; o < outputs; o++) {
      for (let y = 0; y < high; y++) {
        for (let x = 0; x < wide; x++, at++) {
          let total = bias[o]
          for (let c = 0; c < inputs; c++) {
            for (let i = 0; i < kernel; i++) {
              const row = y * stride - padding + i
              if (row < 0 || row >= height) continue
              for (let j = 0; j < kernel; j++) {
                const column = x * stride - padding + j
                if (column < 0 || column >= width) continue
                total += weight[((o * inputs + c) * kernel + i) * kernel + j]
                  * image[(c * height + row) * width + column]
              }
            }
          }
          result[at] = Math.max(total, 0) // the ReLU
        }
      }
    }
    return [result, high, wide]
  }

  // What each place of an image adds to the scores of the ten digits: a list
  // of ten lists, `side` x `side` places each. They add up to the scores.
  const evidence = ({ layers, numbers }, image) => {
    if (!layers.length) { // the bias, then ten weights for each pixel
      const found = Array.from({ length: 10 }, (_, digit) =>
        Array.from(image, (value, i) =>
          value * numbers[10 * (i + 1) + digit] + numbers[digit] / image.length))
      return { side: SIZE, found }
    }
    let grid = image, height = SIZE, width = SIZE, at = 0
    for (const [inputs, outputs, kernel, stride, padding] of layers) {
      const n = outputs * inputs * kernel * kernel
      const weight = numbers.subarray(at, at + n)
      const bias = numbers.subarray(at + n, at + n + outputs)
      at += n + outputs;
      [grid, height, width] = convolved(
        { inputs, outputs, kernel, stride, padding, weight, bias },
        grid, height, width)
    }
    const places = height * width // whose mean is the score
    const found = Array.from({ length: 10 }, (_, digit) =>
      Array.from(grid.subarray(digit * places, (digit + 1) * places),
        (value) => value / places))
    return { side: width, found }
  }

  // The log-probabilities of the ten digits.
  const logProbs = ({ found }) => {
    const scores = found.map(sum)
    const most = Math.max(...scores)
    const total = sum(scores.map((score) => Math.exp(score - most)))
    return scores.map((score) => score - most - Math.log(total))
  }

  return { SIZE, greys, prepare, floats, evidence, logProbs }
})()
