(function () {
  "use strict";
  var tip = document.getElementById("tip"), scroll = document.querySelector(".scroll");

  function show(e) {
    var at = e.target.closest && e.target.closest("[data-t]");
    if (!at) { tip.hidden = true; light(0); return; }
    tip.textContent = at.dataset.t;
    tip.hidden = false;
    var box = at.getBoundingClientRect();
    var x = e.clientX === undefined || e.type === "focusin" ? box.left : e.clientX;
    var y = e.clientY === undefined || e.type === "focusin" ? box.bottom : e.clientY;
    tip.style.left = Math.max(6, Math.min(x + 14, innerWidth - tip.offsetWidth - 6)) + "px";
    tip.style.top = (y + 18 + tip.offsetHeight > innerHeight ? Math.max(6, y - tip.offsetHeight - 12) : y + 18) + "px";
    light(at.dataset.s);
  }

  function light(step) {
    document.querySelectorAll(".lit").forEach(function (x) { x.classList.remove("lit"); });
    if (!(step > 0)) { return; }
    document.querySelectorAll("[data-s='" + step + "']").forEach(function (x) { x.classList.add("lit"); });
  }

  ["pointerover", "focusin", "click"].forEach(function (type) { scroll.addEventListener(type, show); });
  scroll.addEventListener("pointerleave", function () { tip.hidden = true; light(0); });
  addEventListener("keydown", function (e) { if (e.key === "Escape") { tip.hidden = true; } });

  document.querySelectorAll(".step").forEach(function (li) {
    li.addEventListener("pointerover", function () { light(li.dataset.s); });
    li.addEventListener("click", function (e) {
      if (e.target.tagName === "A") { return; }
      var first = scroll.querySelector("[data-s='" + li.dataset.s + "']");
      if (first) { center(first); light(li.dataset.s); }
    });
  });

  function center(x) {
    var box = x.getBoundingClientRect(), frame = scroll.getBoundingClientRect();
    scroll.scrollTop += box.top - frame.top - frame.height / 2;
  }

  var hidden = {};
  document.querySelectorAll(".kind").forEach(function (b) {
    hidden[b.dataset.kind] = b.getAttribute("aria-pressed") === "false";
    b.addEventListener("click", function () {
      hidden[b.dataset.kind] = !hidden[b.dataset.kind];
      b.setAttribute("aria-pressed", String(!hidden[b.dataset.kind]));
      document.getElementById("hidden").textContent = Object.keys(hidden).filter(function (k) { return hidden[k]; })
        .map(function (k) { return ".m-" + k + "{display:none}"; }).join("");
    });
  });

  var width = Number(getComputedStyle(scroll).getPropertyValue("--w"));
  var fit = Math.max(0.7, Math.min(1, (scroll.clientWidth - 2) / width)), zoom = fit;
  function zoomTo(z) {
    zoom = Math.max(0.2, Math.min(4, z));
    scroll.style.setProperty("--z", zoom);
    document.querySelector("[data-zoom='0']").textContent = Math.round(100 * zoom) + " %";
  }
  document.querySelectorAll("[data-zoom]").forEach(function (b) {
    var by = Number(b.dataset.zoom);
    b.addEventListener("click", function () { zoomTo(by === 0 ? fit : zoom * Math.pow(1.25, by)); });
  });
  zoomTo(fit);

  var jump = document.getElementById("jump");
  if (jump) { jump.addEventListener("click", function () { center(document.getElementById("violation")); }); }
})();
