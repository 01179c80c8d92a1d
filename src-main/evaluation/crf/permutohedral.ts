/**
 * Gaussian filtering in a space of a few dimensions, in a time that grows with the number of points (Adams, Baek and
 * Davis, Fast High-Dimensional Filtering Using the Permutohedral Lattice, Eurographics 2010): values of points are
 * spread over the corners of the simplex around each, blurred along the lattice's axes, and read back. The same lattice
 * as in the authors' program of the dense CRF.
 */

/** How full the table of vertices may be. */
const LOAD = 0.5;

export class PermutohedralLattice {
  private readonly points: number;
  /** Of a simplex: one more than the dimensions. */
  private readonly corners: number;
  /** points × corners: which of the lattice's vertices, and with which weight. */
  private readonly vertex: Int32Array;
  private readonly weight: Float32Array;
  private readonly vertices: number;
  /** corners × 2 × vertices: the neighbours along each axis; `vertices` where there is none. */
  private readonly neighbours: Int32Array;

  /**
   * @param features points × dimensions, each in units of its standard deviation
   * @param normalised whether the filter F becomes D^-½ F D^-½, D its sums (as the dense CRF takes it)
   */
  constructor(features: Float32Array, dimensions: number, normalised: boolean) {
    this.points = features.length / dimensions;
    this.corners = dimensions + 1;
    this.vertex = new Int32Array(this.points * this.corners);
    this.weight = new Float32Array(this.points * this.corners);
    const table = new VertexTable(dimensions);
    this.enclose(features, table);
    this.vertices = table.size;
    this.neighbours = neighboursOf(table);
    if (normalised) this.normalise();
  }

  /**
   * Adds `factor` times the filtered values to `sum`.
   * @param values points × channels
   * @param sum points × channels
   */
  addFiltered(values: Float32Array, channels: number, factor: number, sum: Float32Array): void {
    const { points, corners, vertex, weight } = this;
    const spread = this.blurred(this.spread(values, channels), channels);
    // Blurring without holes would make values larger by so much
    const whole = factor / (1 + 2 ** (1 - corners));
    for (let point = 0; point < points; point++) {
      const to = point * channels;
      for (let corner = point * corners; corner < (point + 1) * corners; corner++) {
        const share = whole * weight[corner];
        const from = vertex[corner] * channels;
        for (let channel = 0; channel < channels; channel++) sum[to + channel] += share * spread[from + channel];
      }
    }
  }

  private spread(values: Float32Array, channels: number): Float32Array<ArrayBuffer> {
    const { points, corners, vertex, weight } = this;
    const spread = new Float32Array((this.vertices + 1) * channels);
    for (let point = 0; point < points; point++) {
      const from = point * channels;
      for (let corner = point * corners; corner < (point + 1) * corners; corner++) {
        const share = weight[corner];
        const to = vertex[corner] * channels;
        for (let channel = 0; channel < channels; channel++) spread[to + channel] += share * values[from + channel];
      }
    }
    return spread;
  }

  /** Blurs along each axis by ½, 1, ½. */
  private blurred(spread: Float32Array<ArrayBuffer>, channels: number): Float32Array {
    const { corners, vertices, neighbours } = this;
    let [now, next] = [spread, new Float32Array(spread.length)];
    for (let axis = 0; axis < corners; axis++) {
      const at = 2 * axis * vertices;
      for (let vertex = 0; vertex < vertices; vertex++) {
        const here = vertex * channels;
        const before = neighbours[at + vertex] * channels;
        const after = neighbours[at + vertices + vertex] * channels;
        for (let channel = 0; channel < channels; channel++) {
          next[here + channel] = now[here + channel] + 0.5 * (now[before + channel] + now[after + channel]);
        }
      }
      [now, next] = [next, now];
    }
    return now;
  }

  private normalise(): void {
    const { points, corners, weight } = this;
    const sums = new Float32Array(points);
    this.addFiltered(new Float32Array(points).fill(1), 1, 1, sums);
    for (let corner = 0; corner < weight.length; corner++) {
      weight[corner] /= Math.sqrt(sums[Math.floor(corner / corners)] + 1e-20);
    }
  }

  /** Finds the simplex around each point: its corners and the point's barycentric coordinates in it. */
  private enclose(features: Float32Array, table: VertexTable): void {
    const { points, corners } = this;
    const dimensions = corners - 1;
    // The blur's own standard deviation on the lattice, which features are brought to
    const deviation = Math.sqrt(2 / 3) * corners;
    const scale = Float64Array.from({ length: dimensions }, (_, i) => deviation / Math.sqrt((i + 1) * (i + 2)));
    const raised = new Float64Array(corners);
    const nearest = new Int32Array(corners);
    const rank = new Int32Array(corners);
    const coordinates = new Float64Array(corners + 1);
    const key = new Int32Array(dimensions);
    for (let point = 0; point < points; point++) {
      // Onto the hyperplane in which the coordinates' sum is zero
      let sum = 0;
      for (let i = dimensions; i > 0; i--) {
        const value = features[point * dimensions + i - 1] * scale[i - 1];
        raised[i] = sum - i * value;
        sum += value;
      }
      raised[0] = sum;
      // The nearest lattice point of remainder 0, and the order of the distances from it
      let excess = 0;
      for (let i = 0; i < corners; i++) {
        const round = Math.round(raised[i] / corners);
        nearest[i] = round * corners;
        excess += round;
      }
      rank.fill(0);
      for (let i = 0; i < dimensions; i++) {
        for (let j = i + 1; j < corners; j++) {
          if (raised[i] - nearest[i] < raised[j] - nearest[j]) rank[i]++;
          else rank[j]++;
        }
      }
      for (let i = 0; i < corners; i++) {
        rank[i] += excess;
        const turn = rank[i] < 0 ? corners : rank[i] >= corners ? -corners : 0;
        rank[i] += turn;
        nearest[i] += turn;
      }
      coordinates.fill(0);
      for (let i = 0; i < corners; i++) {
        const along = (raised[i] - nearest[i]) / corners;
        coordinates[dimensions - rank[i]] += along;
        coordinates[corners - rank[i]] -= along;
      }
      coordinates[0] += 1 + coordinates[corners];
      for (let remainder = 0; remainder < corners; remainder++) {
        for (let i = 0; i < dimensions; i++) {
          key[i] = nearest[i] + (rank[i] <= dimensions - remainder ? remainder : remainder - corners);
        }
        this.vertex[point * corners + remainder] = table.add(key);
        this.weight[point * corners + remainder] = coordinates[remainder];
      }
    }
  }
}

function neighboursOf(table: VertexTable): Int32Array {
  const { dimensions, size } = table;
  const neighbours = new Int32Array(2 * (dimensions + 1) * size);
  const key = new Int32Array(dimensions);
  for (let axis = 0; axis <= dimensions; axis++) {
    for (let side = 0; side < 2; side++) {
      const step = side === 0 ? 1 : -1;
      for (let vertex = 0; vertex < size; vertex++) {
        for (let i = 0; i < dimensions; i++) key[i] = table.keys[vertex * dimensions + i] - step;
        if (axis < dimensions) key[axis] += step * (dimensions + 1);
        const found = table.find(key);
        neighbours[(2 * axis + side) * size + vertex] = found < 0 ? size : found;
      }
    }
  }
  return neighbours;
}

/** The vertices that are used, numbered in the order in which they came; a hash table with open addresses. */
class VertexTable {
  readonly dimensions: number;
  size = 0;
  /** size × dimensions. */
  keys: Int32Array;
  private places: Int32Array;

  constructor(dimensions: number) {
    this.dimensions = dimensions;
    this.places = new Int32Array(2 ** 14).fill(-1);
    this.keys = new Int32Array(dimensions * this.places.length * LOAD);
  }

  /** The vertex's number, or −1. */
  find(key: Int32Array): number {
    return this.places[this.placeOf(key)];
  }

  add(key: Int32Array): number {
    const place = this.placeOf(key);
    if (this.places[place] >= 0) return this.places[place];
    const number = this.size++;
    this.places[place] = number;
    this.keys.set(key, number * this.dimensions);
    if (this.size === this.places.length * LOAD) this.grow();
    return number;
  }

  private grow(): void {
    const { keys, dimensions } = this;
    this.keys = new Int32Array(2 * keys.length);
    this.keys.set(keys);
    this.places = new Int32Array(2 * this.places.length).fill(-1);
    for (let number = 0; number < this.size; number++) {
      this.places[this.placeOf(keys.subarray(number * dimensions, (number + 1) * dimensions))] = number;
    }
  }

  private placeOf(key: Int32Array): number {
    const { dimensions, places, keys } = this;
    const last = places.length - 1;
    let place = 0;
    for (let i = 0; i < dimensions; i++) place = Math.imul(place + key[i], 0x9e3779b1);
    place = (place ^ (place >>> 15)) & last;
    while (places[place] >= 0) {
      let same = true;
      for (let i = 0; i < dimensions; i++) same &&= keys[places[place] * dimensions + i] === key[i];
      if (same) break;
      place = (place + 1) & last;
    }
    return place;
  }
}
