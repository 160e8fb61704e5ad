/** Moves through the reverse pass. Position p: p nodes have run, and order[p] is the next. */
class Player {
  constructor(view) {
    this.view = view;
    const byId = (id) => document.getElementById(id);
    this.slider = byId("slider");
    this.slider.max = view.trace.order.length;
    this.slider.addEventListener("input", () => this.moveTo(Number(this.slider.value)));
    byId("first").addEventListener("click", () => this.moveTo(0));
    byId("back").addEventListener("click", () => this.step(-1));
    byId("play").addEventListener("click", () => this.toggle());
    byId("forward").addEventListener("click", () => this.step(1));
    byId("last").addEventListener("click", () => this.moveTo(this.end));
  }

  get end() { return this.view.trace.order.length; }

  moveTo(position) {
    this.pause();
    this.#go(position);
  }

  step(by) { this.moveTo(this.view.position + by); }

  #go(position) {
    this.view.position = Math.min(Math.max(position, 0), this.end);
    const row = this.view.rowAtWork;
    if (row) this.view.rowList.show(row.index);
    this.view.update();
  }

  toggle() {
    if (this.timer) this.pause();
    else this.#play();
  }

  #play() {
    if (this.view.position === this.end) this.#go(0);
    const beat = () => {
      this.#go(this.view.position + this.#stepsABeat());
      if (this.view.position < this.end) this.timer = setTimeout(beat, this.#beatLength());
      else this.pause();
    };
    this.timer = setTimeout(beat, this.#beatLength());
    this.show();
  }

  get #speed() { return Number(document.getElementById("speed").value); }

  /** A screen shows sixty pictures a second; a faster pass takes several steps for each. */
  #stepsABeat() { return Math.max(1, Math.round(this.#speed / 60)); }

  #beatLength() { return 1000 / Math.min(this.#speed, 60); }

  pause() {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.show();
  }

  show() {
    const { position, trace } = this.view;
    this.slider.value = position;
    this.slider.style.setProperty("--done", this.end ? position / this.end : 1);
    const text = position === this.end
      ? `all ${plural(this.end, "step")} done`
      : `step ${position + 1} of ${this.end}: ${trace.name(trace.order[position])}`;
    document.getElementById("position").textContent = text;
    this.slider.setAttribute("aria-valuetext", text);
    const play = document.getElementById("play");
    play.classList.toggle("playing", Boolean(this.timer));
    play.setAttribute("aria-label", this.timer ? "Pause" : "Play");
    play.title = this.timer ? "Pause (space)" : "Play (space)";
    play.querySelector("path").setAttribute("d",
      this.timer ? "M3 2.5h3.5v11H3zM9.5 2.5H13v11H9.5z" : "M4 2.5v11L13 8z");
    const disable = (id, on) => { document.getElementById(id).disabled = on; };
    for (const id of ["first", "back"]) disable(id, position === 0);
    for (const id of ["last", "forward"]) disable(id, position === this.end);
  }
}
