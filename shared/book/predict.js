"use strict"

// Before the change of a stage is shown, a reader may predict what it does to
// the results. All words are in the page. Whether to ask was decided before it
// was painted: the root has the class `asks`.
{
  const root = document.documentElement
  const question = document.querySelector(".predict")
  const replies = [...document.querySelectorAll("[data-reply]")]
  const asking = () => root.classList.contains("asks")

  const show = () => {
    root.classList.remove("asks")
    root.classList.toggle("unasked", remembered("predict") === "never")
  }

  // In a browser that cannot remember, nothing is asked, and nothing said.
  const answer = (choice) => {
    remember(question.dataset.key, choice)
    for (const reply of replies) {
      reply.hidden = reply.dataset.reply !== choice
    }
    const said = document.querySelector(".predicted")
    said.hidden = false
    show()
    said.focus({ preventScroll: true })
    scrollTo(0, 0)
  }

  for (const button of document.querySelectorAll("[data-predict]")) {
    button.addEventListener("click", () => answer(button.dataset.predict))
  }
  const first = () => document.getElementById("change")
  for (const [name, then] of Object.entries({
    skip: show,
    never: () => {
      remember("predict", "never")
      show()
    },
    again: () => {
      remember("predict", "ask")
      show()
    },
  })) {
    document.querySelector(`[data-ask=${name}]`)
      ?.addEventListener("click", () => {
        then()
        first().focus({ preventScroll: true })
      })
  }

  // Whoever looks for a line or a note wants to see it.
  addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    if (event.target.closest("input, textarea")) return
    if (asking() && "jkp".includes(event.key)) show()
  }, true)
  addEventListener("hashchange", () => {
    if (!asking()) return
    show()
    document.getElementById(location.hash.slice(1))?.scrollIntoView()
  }, true)
  // Another page may have been told not to ask, before a reader came back.
  addEventListener("pageshow", () => {
    const never = remembered("predict") === "never"
    if (never || !asking()) show()
  })
}
