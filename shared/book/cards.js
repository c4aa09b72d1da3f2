"use strict"

// Cards: without this script a program can be read, and its answer unfolded.
// With it, a reader chooses a line, or says "it is fine", and the score counts.
{
  const KEY = "torch-in-twelve-cards"

  // What was answered: {number of a card: three digits, 1 for right and 0 for
  // wrong, of the reader, the accuracy check and the proof}.
  const answered = () => {
    try {
      const found = Object.entries(JSON.parse(localStorage[KEY]))
      return Object.fromEntries(found.filter(
        ([number, points]) => /^\d+$/.test(number) && /^[01]{3}$/.test(points),
      ))
    } catch {
      return {}
    }
  }
  const keep = (answers) => {
    try { localStorage[KEY] = JSON.stringify(answers) } catch {}
  }

  const made = (tag, text, properties = {}) =>
    Object.assign(document.createElement(tag), { textContent: text }, properties)

  const showScores = () => {
    const points = Object.values(answered())
    const sum = (i) => points.filter((three) => three[i] === "1").length
    const text = points.length
      ? say("Right so far, of {all}: you {you}, an accuracy check {check}, the proof {proof}.", {
        all: points.length, you: sum(0), check: sum(1), proof: sum(2),
      })
      : ""
    for (const score of document.querySelectorAll(".deck-bar .score")) {
      score.querySelector("span").textContent = text
      score.querySelector("button").hidden = !text
    }
  }

  // Turn the program into lines to choose from: one is in the tab order, and
  // the arrow keys go up and down.
  const linesOf = (card, answer) => {
    const program = card.querySelector(".program")
    const list = made("ol", "", { className: "program" })
    list.setAttribute("aria-label", say("Lines of the program"))
    let number = 0
    for (const [i, html] of program.firstChild.innerHTML.split("\n").entries()) {
      const line = made("li", "")
      const isCode = html.trim() && !html.includes('class="gap"')
      if (isCode) {
        const button = made("button", "", { type: "button", tabIndex: -1 })
        const text = made("span", "")
        text.innerHTML = html
        button.append(text)
        button.dataset.number = ++number
        button.addEventListener("click", () => answer(i))
        line.append(button)
      } else {
        line.innerHTML = html || "&nbsp;"
      }
      list.append(line)
    }
    const buttons = [...list.querySelectorAll("button")]
    buttons[0].tabIndex = 0
    list.addEventListener("keydown", (event) => {
      const step = { ArrowUp: -1, ArrowDown: 1 }[event.key]
      const next = buttons[buttons.indexOf(event.target) + step]
      if (!step) return
      event.preventDefault()
      if (!next) return
      event.target.tabIndex = -1
      next.tabIndex = 0
      next.focus()
    })
    program.replaceWith(list)
    return list
  }

  const verdict = (broken, chosen, right) => {
    if (right && broken) return say("Right: here it is broken.")
    if (right) return say("Right: it is fine.")
    if (!broken) return say("No: it is fine.")
    if (chosen === null) return say("No: it is broken.")
    return say("No: it is broken elsewhere.")
  }

  const setUp = (card) => {
    const details = card.querySelector(".answer")
    details.hidden = true
    const number = card.id.replace("card-", "")
    const broken = card.dataset.broken === "yes"
    const changed = card.dataset.changed.split(" ").filter(Boolean).map(Number)
    const said = made("p", "", { className: "said", tabIndex: -1 })

    const answer = (chosen) => {
      const right = broken ? changed.includes(chosen) : chosen === null
      for (const button of card.querySelectorAll(".asked button, ol button")) {
        button.disabled = true
      }
      list.children[chosen]?.classList.add("is-chosen")
      for (const i of changed) {
        if (list.children[i]) list.children[i].classList.add("is-changed")
      }
      said.textContent = verdict(broken, chosen, right)
      details.hidden = false
      details.open = true
      said.focus()
      const answers = answered() // the first answer to a card counts
      answers[number] ??= `${right ? 1 : 0}${card.dataset.points}`
      keep(answers)
      showScores()
    }
    const list = linesOf(card, answer)
    const asked = made("p", "", { className: "asked" })
    const fine = made("button", say("It is fine"), { type: "button" })
    fine.addEventListener("click", () => answer(null))
    const share = made("a", say("Link to this card"), {
      href: `cards.html#card-${number}`,
    })
    asked.append(made("span", say("Choose the line that is wrong, or")), fine, share)
    card.querySelector(".program").before(asked)
    details.before(said)
  }

  const asked = () => /^#(?:card-)?(\d+)$/.exec(location.hash)?.[1]

  const setUpDeck = (deck) => {
    const cards = [...deck.querySelectorAll(".card")]
    const ready = new Set() // a card is set up when it is first shown
    const bar = made("div", "", { className: "deck-bar" })
    const score = made("p", "", { className: "score" })
    const reset = made("button", say("Start again"), { type: "button" })
    reset.addEventListener("click", () => {
      keep({})
      showScores()
      document.getElementById("said").textContent = say("The score is reset.")
    })
    score.append(made("span", ""), " ", reset)
    let at = 0
    const place = made("p", "")
    const show = (i, moved) => {
      at = (i + cards.length) % cards.length
      for (const [j, card] of cards.entries()) card.hidden = j !== at
      if (!ready.has(at)) setUp(cards[at])
      ready.add(at)
      cards[at].classList.toggle("arrives", moved)
      place.textContent = say("Card {at} of {all}", {
        at: at + 1, all: cards.length,
      })
    }
    if (cards.length > 1) {
      const turn = (label, step) => {
        const button = made("button", label, { type: "button" })
        button.addEventListener("click", () => {
          show(at + step, true)
          if (asked()) history.replaceState(null, "", `#${cards[at].id}`)
        })
        return button
      }
      bar.append(turn(say("Previous card"), -1), place, turn(say("Next card"), 1))
      const find = () => cards.findIndex((c) => c.id === `card-${asked()}`)
      const known = answered()
      const open = cards.findIndex((c) => !(c.id.replace("card-", "") in known))
      show(find() < 0 ? Math.max(open, 0) : find(), false)
      addEventListener("hashchange", () => { if (find() >= 0) show(find(), false) })
    } else {
      show(0, false)
    }
    bar.append(score)
    deck.prepend(bar)
  }

  document.querySelectorAll(".deck").forEach(setUpDeck)
  showScores()
}
