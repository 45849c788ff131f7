//! Puts a face on the canvas, from the back to the front.

use super::canvas::{Canvas, Colour, Frame, Point, bow, capsule, ellipse, luma, mix, mix_colour, wave};
use super::{Face, Hair, INK, SIDE, WHITE};

impl Face {
    /// The whole picture.
    pub fn draw(&self) -> Canvas {
        let upright = Frame { turn: 0.0, ..self.frame };
        let [first, second] = self.background;
        let mut canvas = Canvas::new(SIDE as usize, upright, |(x, y)| mix_colour(first, second, mix(y, x, self.slant)));
        self.draw_body(&mut canvas);
        canvas.frame = self.frame;
        self.draw_hair_behind(&mut canvas);
        self.draw_head(&mut canvas);
        self.draw_hair_before(&mut canvas);
        for side in [-1.0, 1.0] {
            self.draw_eye(&mut canvas, side);
        }
        self.draw_mouth(&mut canvas);
        if let Some((radius, colour)) = self.glasses {
            self.draw_glasses(&mut canvas, radius, colour);
        }
        canvas
    }

    fn draw_body(&self, canvas: &mut Canvas) {
        let chin = self.head.1;
        canvas.fill(((0.0, chin + 8.0), 13.0), self.shirt, |p| ellipse(p, (0.0, chin + 8.0), (11.5, 6.5)));
        let shade = mix_colour(self.skin, [0.35, 0.1, 0.1], 0.25);
        canvas.fill(((0.0, chin), 5.0), shade, |p| capsule(p, (0.0, chin - 1.0), (0.0, chin + 2.2), 2.6));
    }

    fn draw_hair_behind(&self, canvas: &mut Canvas) {
        let (rx, ry) = (self.head.0 + self.volume, self.head.1 + self.volume);
        let dark = mix_colour(self.hair, INK, 0.25);
        match self.hair_style {
            Hair::Long => {
                canvas.fill(((0.0, 2.0), 24.0), dark, |p| {
                    let sides = (p.0.abs() - rx).max(p.1 - self.length).max(-1.0 - p.1);
                    let cap = ellipse(p, (0.0, -1.0), (rx, ry - 0.5));
                    sides.min(cap)
                });
            }
            Hair::Curly => {
                canvas.fill(((0.0, -2.5), 16.0), dark, |p| {
                    // Curls: the edge is waved along both axes.
                    ellipse(p, (0.0, -2.5), (rx + 1.5, ry)) + 0.7 * (wave(0.4 * p.0) + wave(0.4 * p.1)) - 0.5
                });
            }
            Hair::Bun => {
                let top = -ry - 1.2;
                let size = 2.0 + self.volume;
                canvas.fill(((0.0, top), size), dark, |p| ellipse(p, (0.0, top), (size, size * 0.85)));
            }
            Hair::Bald | Hair::Short => {}
        }
    }

    fn draw_head(&self, canvas: &mut Canvas) {
        let shade = mix_colour(self.skin, [0.35, 0.1, 0.1], 0.3);
        for side in [-1.0, 1.0] {
            let ear = (side * self.head.0, 0.8);
            canvas.fill((ear, 2.0), shade, |p| ellipse(p, ear, (1.7, 2.0)));
        }
        canvas.fill(((0.0, 0.0), 11.5), shade, |p| self.skull(p));
        canvas.fill(((0.0, 0.0), 11.5), self.skin, |p| self.skull((p.0 * 1.02 + 0.15, p.1 + 0.4)) + 0.5);
        for side in [-1.0, 1.0] {
            let cheek = (side * 5.0, 3.6);
            canvas.tint((cheek, 2.4), [0.93, 0.36, 0.36], self.blush, |p| ellipse(p, cheek, (2.0, 1.4)) * 0.6);
        }
        canvas.tint(((0.0, 1.8), 1.8), shade, 0.9, |p| bow(p, (0.0, 1.9), 1.0, 0.5, 0.45));
    }

    /// The head: an ellipse whose lower half narrows towards the chin.
    fn skull(&self, (x, y): Point) -> f32 {
        let narrow = 1.0 + 0.018 * y.max(0.0);
        ellipse((x * narrow, y), (0.0, 0.0), self.head)
    }

    fn draw_hair_before(&self, canvas: &mut Canvas) {
        if self.hair_style == Hair::Bald {
            return;
        }
        let thick = if self.hair_style == Hair::Bun { 0.6 } else { self.volume };
        let (rx, ry) = (self.head.0 + thick * 0.6, self.head.1 + thick);
        let part = self.parting * 4.0;
        canvas.fill(((0.0, -1.0), 14.0), self.hair, |p| {
            let cap = ellipse(p, (0.0, -0.6), (rx, ry));
            // The hairline falls away from the parting on both sides, down to the ears.
            let away = (p.0 - part).abs();
            let fringe = p.1 + self.hairline - 0.055 * away * away;
            cap.max(fringe * 0.8).max(p.1 - 1.5)
        });
        let light = mix_colour(self.hair, WHITE, 0.3);
        canvas.tint(((part * 0.6, -ry + 2.0), 5.0), light, 0.6, |p| bow(p, (part * 0.6, -ry + 2.2), 3.2, -0.8, 0.5));
    }

    fn draw_eye(&self, canvas: &mut Canvas, side: f32) {
        let at = (side * self.eye_gap, -0.6);
        let (rx, ry) = self.eye;
        let lash = mix_colour(INK, self.hair, 0.2);
        if self.open == 0.0 {
            canvas.fill((at, 4.0), lash, |p| bow(p, (at.0, at.1 + 0.3), rx * 0.9, 0.9, 0.5));
        } else {
            let ry = ry * self.open;
            canvas.fill((at, 4.0), lash, |p| ellipse(p, (at.0, at.1 - 0.35), (rx + 0.15, ry + 0.15)));
            canvas.fill((at, 3.5), WHITE, |p| ellipse(p, at, (rx - 0.1, ry)));
            let look = (at.0 + self.gaze.0, at.1 + self.gaze.1 * self.open);
            let inside = |p| ellipse(p, at, (rx - 0.1, ry));
            canvas.fill((look, 2.0), self.iris, |p| ellipse(p, look, (1.35, 1.5)).max(inside(p)));
            canvas.fill((look, 1.0), INK, |p| ellipse(p, look, (0.7, 0.8)).max(inside(p)));
            let glint = (look.0 - 0.5, look.1 - 0.6);
            canvas.tint((glint, 0.6), WHITE, 0.9, |p| ellipse(p, glint, (0.45, 0.45)));
        }
        let height = at.1 - ry - self.brow_lift;
        let (inner, outer) =
            ((at.0 - side * 1.7, height + self.brow_tilt), (at.0 + side * 1.9, height - self.brow_tilt * 0.6));
        let brow = mix_colour(self.hair, INK, 0.45);
        canvas.fill(((at.0, height), 3.5), brow, |p| capsule(p, inner, outer, 0.5));
    }

    fn draw_mouth(&self, canvas: &mut Canvas) {
        let at = (0.0, 5.6 - self.smile * 0.6);
        let (half, bend) = (self.mouth_half, self.smile * 1.6);
        // Dark red on light skin, light red on dark skin.
        let dark = ((0.6 - luma(self.skin)) * 2.5).clamp(0.0, 1.0);
        let lip = mix_colour(self.skin, mix_colour([0.58, 0.06, 0.12], [0.93, 0.42, 0.38], dark), 0.8);
        if self.gape > 0.4 {
            let low = bend.max(0.0) + self.gape;
            let inside = |p: Point| {
                let u = (p.0 / half).clamp(-1.0, 1.0);
                let arch = 1.0 - u * u;
                (at.1 + bend * 0.6 * arch - p.1).max(p.1 - at.1 - low * arch).max(p.0.abs() - half) * 0.8
            };
            canvas.fill(((0.0, at.1 + 1.0), 6.0), lip, |p| inside(p) - 0.45);
            canvas.fill(((0.0, at.1 + 1.0), 6.0), [0.32, 0.05, 0.08], inside);
            let teeth = at.1 + bend * 0.6;
            canvas.fill(((0.0, at.1 + 1.0), 6.0), WHITE, |p| inside(p).max(p.1 - teeth - 0.7));
        } else {
            canvas.fill(((0.0, at.1), 6.0), lip, |p| bow(p, at, half, bend, 0.55));
        }
    }

    fn draw_glasses(&self, canvas: &mut Canvas, radius: f32, colour: Colour) {
        for side in [-1.0, 1.0] {
            let at = (side * (self.eye_gap + 0.1), -0.5);
            canvas.tint((at, radius + 1.0), WHITE, 0.18, |p| ellipse(p, at, (radius, radius)));
            canvas.fill((at, radius + 1.0), colour, |p| ellipse(p, at, (radius, radius)).abs() - 0.4);
            let (from, to) = ((at.0 + side * radius, -0.9), (side * self.head.0, -1.2));
            canvas.fill((to, 4.0), colour, |p| capsule(p, from, to, 0.4));
        }
        let inner = self.eye_gap + 0.1 - radius;
        canvas.fill(((0.0, -0.7), 3.0), colour, |p| capsule(p, (-inner, -0.7), (inner, -0.7), 0.4));
    }
}
