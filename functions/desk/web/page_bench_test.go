package web

import (
	"testing"
)

// BenchmarkTallPage opens a page of 200,000 px in 300 tiles and scrolls through all of it,
// half a view at a time. It tells what was loaded before the first step, the most tiles
// that were there at a time, and how long a step takes until it is drawn: the median and the
// longest but one in a hundred. A screen of 60 Hz shows a frame each 16.7 ms.
func BenchmarkTallPage(b *testing.B) {
	d := newDesk(b)
	r := tall()
	d.paint(b, &r)
	for b.Loop() {
		d.mu.Lock()
		d.asked = nil
		d.mu.Unlock()
		page := open(b, d.URL+"/p/tall", 1280, 800)
		page.settled()
		opened := eval[float64](page, `performance.now()`)
		d.mu.Lock()
		first := len(d.asked)
		d.mu.Unlock()
		steps := eval[struct{ Steps, Median, P99, Tiles float64 }](page, `(async () => {
			const s = document.getElementById('scroll'), frame = () => new Promise((r) => requestAnimationFrame(r));
			const took = [];
			let tiles = 0, at = performance.now();
			while (s.scrollTop + s.clientHeight < s.scrollHeight - 1) {
				s.scrollTop += s.clientHeight / 2;
				await frame();
				took.push(performance.now() - at);
				at = performance.now();
				tiles = Math.max(tiles, document.querySelectorAll('.tile').length);
			}
			took.sort((a, b) => a - b);
			return {Steps: took.length, Median: took[took.length >> 1], P99: took[Math.floor(took.length * 0.99)], Tiles: tiles};
		})()`)
		b.ReportMetric(opened, "ms-to-open")
		b.ReportMetric(float64(first), "tiles-loaded-first")
		b.ReportMetric(steps.Tiles, "tiles-at-most")
		b.ReportMetric(steps.Steps, "steps")
		b.ReportMetric(steps.Median, "ms/step-median")
		b.ReportMetric(steps.P99, "ms/step-p99")
	}
}
