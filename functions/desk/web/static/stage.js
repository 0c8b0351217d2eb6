// The page as one picture, at any height: a sheet as tall as the page, on which only what is
// near the view is drawn. A page has at most 200,000 px; enlarged to the pixels of its
// tiles that stays far below the 17 million at which browsers begin to draw wrong.
import { t } from './text.js';

const ahead = 1;   // views above and below that are drawn before they are seen
const behind = 3;  // views away at which what was drawn is let go
const step = 1.25; // of one zoom

export class Stage {
  // scroll is the element that scrolls, page the page's data. moved(top, bottom) is told
  // which rows of the page are in view whenever that changes.
  constructor(scroll, page, { moved = () => {} } = {}) {
    Object.assign(this, { scroll, page, moved, things: new Set(), zoom: 1, fitted: true, last: 0 });
    this.paper = document.createElement('div');
    this.paper.className = 'paper';
    scroll.replaceChildren(this.paper);
    for (const [n, tile] of page.tiles.entries()) this.add(tile.box, () => this.tile(tile, n), true);
    for (const u of page.unseen) if (u.box) this.add(u.box, () => this.unseen(u));
    for (const c of page.codes) this.add(c.box, () => this.code(c));
    scroll.addEventListener('scroll', () => this.soon(), { passive: true });
    scroll.addEventListener('wheel', (e) => {
      if (!e.ctrlKey && !e.metaKey) return;
      e.preventDefault();
      this.setZoom(this.zoom * (e.deltaY < 0 ? step : 1 / step), e.clientX, e.clientY);
    }, { passive: false });
    new ResizeObserver(() => { if (this.fitted) this.fit(); else this.update(); }).observe(scroll);
    this.fit();
  }

  // add puts something at a place of the page, and returns what take takes off again.
  // make is called whenever it comes near.
  add(box, make, heavy = false) {
    const thing = { box, make, heavy, el: null };
    this.things.add(thing);
    return thing;
  }

  take(thing) {
    this.things.delete(thing);
    this.drop(thing);
  }

  // natural is the zoom at which a pixel of the picture is one of the screen.
  get natural() { return Math.max(this.page.scale / devicePixelRatio || 1, 1); }
  get fitting() { return Math.min(this.natural, Math.max(0.05, (this.scroll.clientWidth - 24) / this.page.width)); }

  fit() {
    this.setZoom(this.fitting);
    this.fitted = true;
  }

  // setZoom keeps what lies at a point of the window where it is; by default what lies a
  // third down the view.
  setZoom(zoom, x, y) {
    const view = this.scroll.getBoundingClientRect(), before = this.paper.getBoundingClientRect();
    x ??= view.left + view.width / 2;
    y ??= view.top + view.height / 3;
    const px = (x - before.left) / this.zoom, py = (y - before.top) / this.zoom;
    this.zoom = Math.min(Math.max(zoom, Math.min(this.fitting, 0.25)), this.natural);
    this.fitted = Math.abs(this.zoom - this.fitting) < 1e-6;
    this.paper.style.width = this.page.width * this.zoom + 'px';
    this.paper.style.height = this.page.height * this.zoom + 'px';
    const after = this.paper.getBoundingClientRect();
    this.scroll.scrollLeft += after.left + px * this.zoom - x;
    this.scroll.scrollTop += after.top + py * this.zoom - y;
    this.zoomed?.(this.zoom);
    this.update();
  }

  zoomIn() { this.setZoom(this.zoom * step); }
  zoomOut() { this.setZoom(this.zoom / step); }
  toggle() { if (this.fitted && this.zoom < this.natural) this.setZoom(this.natural); else this.fit(); }

  // rows are the first and the last row of the page in view.
  get rows() {
    const top = this.scroll.scrollTop - this.paper.offsetTop;
    return [top / this.zoom, (top + this.scroll.clientHeight) / this.zoom];
  }

  // eye is the row that one looks at: a third down the view.
  get eye() { return this.rows[0] + this.scroll.clientHeight / this.zoom / 3; }

  look(row) {
    this.scroll.scrollTop = row * this.zoom + this.paper.offsetTop - this.scroll.clientHeight / 3;
    this.update();
  }

  // show brings a box of the page into view.
  show(box) {
    this.scroll.scrollLeft = Math.max(0, box[0] * this.zoom + this.paper.offsetLeft - 80);
    this.look(box[1] + Math.min(box[3] / 2, this.scroll.clientHeight / this.zoom / 3));
  }

  soon() {
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      // Who rushes past needs no picture of what lies between.
      const far = Math.abs(this.scroll.scrollTop - this.last) > 2 * this.scroll.clientHeight;
      this.last = this.scroll.scrollTop;
      clearTimeout(this.rest);
      if (far) this.rest = setTimeout(() => this.update(), 70);
      this.update(far);
    });
  }

  // update draws what is near and lets go of what is far; without heavy things if it is
  // in a hurry.
  update(hurry = false) {
    const [top, bottom] = this.rows, view = bottom - top;
    this.last = this.scroll.scrollTop;
    for (const thing of this.things) {
      const [, y, , h] = thing.box;
      const away = Math.max(y - bottom, top - (y + h));
      if (thing.el) {
        if (away > behind * view) this.drop(thing);
      } else if (away <= ahead * view && !(hurry && thing.heavy)) {
        thing.el = thing.make();
        this.place(thing.el, thing.box);
        this.paper.append(thing.el);
      }
    }
    this.moved(top, bottom);
  }

  drop(thing) {
    if (!thing.el) return;
    thing.el.querySelector('img')?.removeAttribute('src'); // what is still on its way is not wanted
    thing.el.remove();
    thing.el = null;
  }

  place(el, [x, y, w, h]) {
    const { width, height } = this.page, part = (n, of) => n / of * 100 + '%';
    Object.assign(el.style, { left: part(x, width), top: part(y, height), width: part(w, width), height: part(h, height) });
  }

  tile(tile, n) {
    const el = document.createElement('div'), img = new Image();
    el.className = 'tile' + (tile.seam ? ' seam' : '') + (tile.extra ? ' extra' : '');
    el.dataset.tile = n;
    img.decoding = 'async';
    img.alt = tile.extra || t('js.tile', { from: tile.box[1], to: tile.box[1] + tile.box[3] });
    img.addEventListener('load', () => this.loaded?.(tile));
    img.addEventListener('error', () => {
      if (!img.hasAttribute('src')) return;
      el.classList.add('gone');
      el.textContent = t('js.tile.gone', { from: tile.box[1], to: tile.box[1] + tile.box[3] });
      this.gone?.(tile);
    });
    img.src = tile.src;
    el.append(img);
    if (tile.extra) {
      const p = document.createElement('p');
      p.textContent = t('js.tile.extra', { what: tile.extra });
      el.append(p);
    }
    if (tile.blur && !tile.asked) {
      el.classList.add('blur');
      const b = document.createElement('button');
      b.type = 'button';
      b.className = 'unblur button';
      b.textContent = t('js.unblur');
      b.addEventListener('click', () => { tile.asked = true; });
      el.append(b);
    }
    return el;
  }

  unseen(u) {
    const el = document.createElement('div'), p = document.createElement('p');
    el.className = 'unseen';
    el.dataset.kind = u.kind;
    p.textContent = t('js.unseen.' + u.kind) + ': ' + u.why;
    el.append(p);
    return el;
  }

  code(c) {
    const el = document.createElement('div');
    el.className = 'code';
    el.title = c.format + ': ' + c.text;
    return el;
  }
}
