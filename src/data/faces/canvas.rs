//! Anti-aliased shapes on a small RGB canvas: coverage from signed distances, one pixel of soft edge.
//!
//! Only `+ - * /`, square roots, rounding and comparisons are used. IEEE 754 rounds those in one way, so that a drawing
//! is equal to the byte natively and in a browser.

/// Red, green and blue in `[0, 1]`.
pub type Colour = [f32; 3];

/// Position or extent `(x, y)`; x to the right, y downwards.
pub type Point = (f32, f32);

/// `a` at `t = 0`, `b` at `t = 1`.
pub fn mix(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}

/// Brightness of a colour, ITU-R BT.601.
pub fn luma(c: Colour) -> f32 {
    0.299 * c[0] + 0.587 * c[1] + 0.114 * c[2]
}

/// Colours mixed channel by channel.
pub fn mix_colour(a: Colour, b: Colour, t: f32) -> Colour {
    [mix(a[0], b[0], t), mix(a[1], b[1], t), mix(a[2], b[2], t)]
}

/// Where local coordinates lie on the canvas: turned, scaled, then moved.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// Canvas position of the local origin, in pixels.
    pub origin: Point,
    /// Pixels per local unit.
    pub scale: f32,
    /// Tangent of half the angle by which the frame is turned: its sine and cosine are then rational.
    pub turn: f32,
}

impl Frame {
    fn cos_sin(&self) -> (f32, f32) {
        let (t, norm) = (self.turn, 1.0 + self.turn * self.turn);
        ((1.0 - t * t) / norm, 2.0 * t / norm)
    }

    fn to_canvas(self, (x, y): Point) -> Point {
        let (cos, sin) = self.cos_sin();
        (self.origin.0 + self.scale * (cos * x - sin * y), self.origin.1 + self.scale * (sin * x + cos * y))
    }
}

/// A square RGB picture.
#[derive(Debug, Clone)]
pub struct Canvas {
    /// The local coordinates in which shapes are given.
    pub frame: Frame,
    side: usize,
    pixels: Vec<Colour>,
}

impl Canvas {
    /// A canvas of `side` x `side` pixels, coloured from pixel positions in `[0, 1]`.
    pub fn new(side: usize, frame: Frame, colour: impl Fn(Point) -> Colour) -> Canvas {
        let at = |i: usize| (i as f32 + 0.5) / side as f32;
        Canvas { frame, side, pixels: (0..side * side).map(|i| colour((at(i % side), at(i / side)))).collect() }
    }

    /// Colours the inside of a shape. `distance` is the signed distance to its edge in local units, negative inside;
    /// `area` is a circle `(centre, radius)` around the whole shape.
    pub fn fill(&mut self, area: (Point, f32), colour: Colour, distance: impl Fn(Point) -> f32) {
        self.tint(area, colour, 1.0, distance);
    }

    /// Like [`Canvas::fill`], with an opacity in `[0, 1]`.
    pub fn tint(&mut self, area: (Point, f32), colour: Colour, opacity: f32, distance: impl Fn(Point) -> f32) {
        let frame = self.frame;
        let (cos, sin) = frame.cos_sin();
        let (x, y) = frame.to_canvas(area.0);
        let shrink = 1.0 / frame.scale;
        let radius = area.1 * frame.scale + 1.0;
        let end = |middle: f32| ((middle + radius).max(0.0) as usize + 1).min(self.side);
        let (columns, rows) = ((x - radius).max(0.0) as usize..end(x), (y - radius).max(0.0) as usize..end(y));
        for row in rows {
            let dy = (row as f32 + 0.5 - frame.origin.1) * shrink;
            for column in columns.clone() {
                let dx = (column as f32 + 0.5 - frame.origin.0) * shrink;
                let pixels = distance((cos * dx + sin * dy, cos * dy - sin * dx)) * frame.scale;
                if pixels < 0.5 {
                    let cover = (0.5 - pixels).min(1.0) * opacity;
                    let pixel = &mut self.pixels[row * self.side + column];
                    *pixel = mix_colour(*pixel, colour, cover);
                }
            }
        }
    }

    /// The picture as bytes, `[row][column][channel]`.
    pub fn bytes(&self) -> impl Iterator<Item = u8> {
        self.pixels.iter().flat_map(|colour| colour.map(|value| (value * 255.0 + 0.5) as u8))
    }
}

/// Distance to an ellipse, exact to first order at the edge: `f / |grad f|` with `f = |p / radii|^2 - 1`. Far inside it
/// is too large, up to infinite at the centre, which covers all the same.
pub fn ellipse(p: Point, centre: Point, radii: Point) -> f32 {
    let per = (1.0 / radii.0, 1.0 / radii.1);
    let (x, y) = ((p.0 - centre.0) * per.0, (p.1 - centre.1) * per.1);
    let (gx, gy) = (x * per.0, y * per.1);
    (x * x + y * y - 1.0) / (2.0 * (gx * gx + gy * gy).sqrt())
}

/// Distance to the stretch `a`..`b` with round ends of the given radius.
pub fn capsule(p: Point, a: Point, b: Point, radius: f32) -> f32 {
    let (px, py, bx, by) = (p.0 - a.0, p.1 - a.1, b.0 - a.0, b.1 - a.1);
    let along = ((px * bx + py * by) / (bx * bx + by * by)).clamp(0.0, 1.0);
    let (x, y) = (px - along * bx, py - along * by);
    (x * x + y * y).sqrt() - radius
}

/// Distance to the stroke along `y = centre.y + bend * (1 - u^2)` with `u = (x - centre.x) / half`, `|u| <= 1`.
pub fn bow(p: Point, centre: Point, half: f32, bend: f32, radius: f32) -> f32 {
    let u = ((p.0 - centre.0) / half).clamp(-1.0, 1.0);
    let (x, y) = (p.0 - (centre.0 + u * half), p.1 - (centre.1 + bend * (1.0 - u * u)));
    let slope = -2.0 * bend * u / half;
    (x * x + y * y / (1.0 + slope * slope)).sqrt() - radius
}

/// A wave of period 1 between 0 (half-way) and 1 (at whole numbers), made of parabolas.
pub fn wave(v: f32) -> f32 {
    let phase = v - v.floor() - 0.5;
    4.0 * phase * phase
}
