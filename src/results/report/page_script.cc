#include "results/report/page_style.h"

namespace roofscape::report {

const std::string_view kPageScript = R"js(
(function () {
  'use strict';
  var tip = document.createElement('div');
  tip.className = 'tip';
  tip.hidden = true;
  document.body.appendChild(tip);

  function show(point) {
    var box = point.querySelector('.hit').getBoundingClientRect();
    tip.textContent = point.getAttribute('aria-label');
    tip.hidden = false;
    var page = document.documentElement;
    var left = box.left + box.width / 2 - tip.offsetWidth / 2;
    left = Math.max(8, Math.min(left, page.clientWidth - tip.offsetWidth - 8));
    var top = box.top - tip.offsetHeight - 6;
    if (top < 8) top = box.bottom + 6;
    tip.style.left = left + window.scrollX + 'px';
    tip.style.top = top + window.scrollY + 'px';
  }
  function hide() { tip.hidden = true; }

  document.querySelectorAll('svg .point').forEach(function (point) {
    var title = point.querySelector('title');
    if (title) title.remove();
    point.addEventListener('pointerenter', function () { show(point); });
    point.addEventListener('pointerleave', hide);
    point.addEventListener('focus', function () { show(point); });
    point.addEventListener('blur', hide);
  });
  document.addEventListener('keydown', function (event) { if (event.key === 'Escape') hide(); });
})();
)js";

}  // namespace roofscape::report
