// What the pages do beyond HTML: times in the reader's zone, copying a secret, and telling what a search found.
// Everything works without it.
"use strict";

const inZone = new Intl.DateTimeFormat(undefined, {
  year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit",
  hourCycle: "h23",
});

function localise(root) {
  for (const time of root.querySelectorAll("time[datetime]:not([title])")) {
    time.title = time.textContent.trim();
    time.textContent = inZone.format(new Date(time.dateTime));
  }
}

function offerToCopy(root) {
  for (const button of root.querySelectorAll("[data-copies]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const shown = document.getElementById(button.dataset.copies);
      try {
        await navigator.clipboard.writeText(shown.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(shown);
        button.textContent = "Marked: copy it with the keyboard";
      }
    });
  }
}

// A live region tells a screen reader how many rows a search has found.
function tell() {
  const found = document.querySelector("[data-tells]");
  const status = document.getElementById("status");
  if (found && status && status.textContent !== found.dataset.tells) {
    status.textContent = found.dataset.tells;
  }
}

localise(document);
offerToCopy(document);
document.addEventListener("htmx:after:swap", () => {
  localise(document);
  tell();
});
