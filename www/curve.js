/**
 * A curve of bounded length: however long a run is, it holds at most `limit` buckets. A bucket is the mean, least and
 * greatest value of `stride` neighbouring rows; when all are full, neighbours are joined and the stride doubles.
 */
export class Curve {
  /**
   * @param {number} width values per row, the position on the x axis not counted
   * @param {number} limit even number of buckets
   */
  constructor(width, limit = 2000) {
    this.width = width;
    this.limit = limit;
    /** Rows per bucket. */
    this.stride = 1;
    /** @type {number[]} x of each bucket's last row */
    this.x = [];
    /** @type {number[]} rows in each bucket */
    this.rows = [];
    /** @type {number[][]} */
    this.mean = Array.from({ length: width }, () => []);
    /** @type {number[][]} */
    this.low = Array.from({ length: width }, () => []);
    /** @type {number[][]} */
    this.high = Array.from({ length: width }, () => []);
  }

  clear() {
    Object.assign(this, new Curve(this.width, this.limit));
  }

  /**
   * @param {number} x not below the x of the row before
   * @param {ArrayLike<number>} values
   */
  push(x, values) {
    const last = this.x.length - 1;
    if (last >= 0 && this.rows[last] < this.stride) {
      const rows = ++this.rows[last];
      this.x[last] = x;
      for (let c = 0; c < this.width; c++) {
        this.mean[c][last] += (values[c] - this.mean[c][last]) / rows;
        this.low[c][last] = Math.min(this.low[c][last], values[c]);
        this.high[c][last] = Math.max(this.high[c][last], values[c]);
      }
      return;
    }
    if (this.x.length === this.limit) {
      this.join();
      this.push(x, values);
      return;
    }
    this.x.push(x);
    this.rows.push(1);
    for (let c = 0; c < this.width; c++) {
      this.mean[c].push(values[c]);
      this.low[c].push(values[c]);
      this.high[c].push(values[c]);
    }
  }

  /** Joins buckets two by two. */
  join() {
    this.stride *= 2;
    /** @param {number[]} list @param {(a: number, b: number) => number} by */
    const halve = (list, by) => list.filter((_, i) => i % 2 === 0).map((value, i) => by(value, list[2 * i + 1]));
    this.x = halve(this.x, (_, b) => b);
    this.rows = halve(this.rows, (a, b) => a + b);
    this.mean = this.mean.map((list) => halve(list, (a, b) => (a + b) / 2));
    this.low = this.low.map((list) => halve(list, Math.min));
    this.high = this.high.map((list) => halve(list, Math.max));
  }
}
