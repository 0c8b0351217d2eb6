package web

import "testing"

// BenchmarkTallPage opens a page of 200,000 px in 300 tiles and scrolls 150 steps of half a
// view from its middle. It tells what was loaded before the first step, the most tiles
// that were there at a time, and how long a step takes until it is drawn: the median and the
// longest but one in a hundred; the floor is a frame in which nothing moves. A screen of 60 Hz
// shows one each 16.7 ms.
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
		steps := eval[struct{ Floor, Median, P99, Tiles float64 }](page, `(async () => {
			const s = document.getElementById('scroll'), frame = () => new Promise((r) => requestAnimationFrame(r));
			const took = [], middle = (all) => all.sort((a, b) => a - b)[all.length >> 1], floor = [];
			for (let at = performance.now(); floor.length < 30; at = performance.now()) {
				await frame();
				floor.push(performance.now() - at);
			}
			let tiles = 0;
			s.scrollTop = s.scrollHeight / 2;
			let at = performance.now();
			while (took.length < 150) {
				s.scrollTop += s.clientHeight / 2;
				await frame();
				took.push(performance.now() - at);
				at = performance.now();
				tiles = Math.max(tiles, document.querySelectorAll('.tile').length);
			}
			return {Floor: middle(floor), Median: middle(took), P99: took[Math.floor(took.length * 0.99)], Tiles: tiles};
		})()`)
		b.ReportMetric(opened, "ms-to-open")
		b.ReportMetric(float64(first), "tiles-loaded-first")
		b.ReportMetric(steps.Tiles, "tiles-at-most")
		b.ReportMetric(steps.Floor, "ms/frame-floor")
		b.ReportMetric(steps.Median, "ms/step-median")
		b.ReportMetric(steps.P99, "ms/step-p99")
	}
}
