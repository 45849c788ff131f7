//! Curves as SVG and PNG.

use super::curves::Curve;
use epaint_default_fonts::UBUNTU_LIGHT;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::{FontStyle, register_font};
use wn_gan::config::Norm;
use wn_gan::gan::ImageGrid;
use wn_gan::{Error, Result};

/// Size of a panel in pixels.
const WIDTH: u32 = 960;
const HEIGHT: u32 = 420;
/// A PNG is drawn larger by this factor and averaged, which smooths its lines.
const OVERSAMPLING: u32 = 3;
const FONT: &str = "sans-serif";
/// How much nearer to white each further group of a norm is.
const LIGHTER: f64 = 0.45;

/// One colour per norm: the palette of Okabe and Ito, which the colour-blind can tell apart, with a darker yellow.
const PALETTE: [(u8, u8, u8); 8] = [
    (0, 114, 178),
    (213, 94, 0),
    (0, 158, 115),
    (204, 121, 167),
    (150, 110, 0),
    (86, 180, 233),
    (0, 0, 0),
    (230, 159, 0),
];

/// One picture among those stacked.
pub struct Panel {
    /// Caption.
    pub title: &'static str,
    /// The lines.
    pub curves: Vec<Curve>,
    /// Upper end of the vertical axis, if it is set.
    pub most: Option<f64>,
}

/// The panels below each other as an SVG file.
///
/// # Errors
/// When there is nothing to draw.
pub fn svg(panels: &[Panel]) -> Result<Vec<u8>> {
    let mut text = String::new();
    draw(SVGBackend::with_string(&mut text, (WIDTH, HEIGHT * panels.len() as u32)).into_drawing_area(), panels, 1)?;
    Ok(text.into_bytes())
}

/// The panels below each other as a PNG file.
///
/// # Errors
/// When there is nothing to draw.
pub fn png(panels: &[Panel]) -> Result<Vec<u8>> {
    let (width, height) = (WIDTH, HEIGHT * panels.len() as u32);
    let large = (width * OVERSAMPLING, height * OVERSAMPLING);
    let mut rgb = vec![255u8; 3 * (large.0 * large.1) as usize];
    draw(BitMapBackend::with_buffer(&mut rgb, large).into_drawing_area(), panels, OVERSAMPLING)?;
    let mut rgba = Vec::with_capacity(4 * (width * height) as usize);
    for y in 0..height {
        for x in 0..width {
            let sum = |channel: u32| {
                let row = |dy: u32| 3 * ((y * OVERSAMPLING + dy) * large.0 + x * OVERSAMPLING) + channel;
                let pixels = (0..OVERSAMPLING).flat_map(|dy| (0..OVERSAMPLING).map(move |dx| row(dy) + 3 * dx));
                pixels.map(|at| u32::from(rgb[at as usize])).sum::<u32>()
            };
            let colour = [0, 1, 2].map(|channel| (sum(channel) / OVERSAMPLING.pow(2)) as u8);
            rgba.extend([colour[0], colour[1], colour[2], 255]);
        }
    }
    Ok(ImageGrid { width, height, rgba }.png())
}

fn colour(curve: &Curve) -> RGBColor {
    let number = Norm::ALL.into_iter().position(|norm| norm == curve.norm).unwrap_or_default();
    let (r, g, b) = PALETTE[number % PALETTE.len()];
    let kept = (1.0 - LIGHTER).powi(curve.rank as i32);
    let towards_white = |channel: u8| (255.0 - kept * (255.0 - f64::from(channel))) as u8;
    RGBColor(towards_white(r), towards_white(g), towards_white(b))
}

/// Draws at `scale` times the size, so that lines and letters keep their share of it.
fn draw<B: DrawingBackend>(area: DrawingArea<B, Shift>, panels: &[Panel], scale: u32) -> Result<()> {
    // An SVG names the font and leaves the letters to its viewer; here it measures them.
    register_font(FONT, FontStyle::Normal, UBUNTU_LIGHT)
        .map_err(|_| Error::File("The built-in font cannot be read.".into()))?;
    let failed = |e: DrawingAreaErrorKind<B::ErrorType>| Error::File(format!("Drawing the curves failed: {e}."));
    area.fill(&WHITE).map_err(failed)?;
    for (panel, area) in panels.iter().zip(area.split_evenly((panels.len(), 1))) {
        draw_panel(&area, panel, scale, &failed)?;
    }
    area.present().map_err(failed)
}

fn draw_panel<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    panel: &Panel,
    scale: u32,
    failed: &impl Fn(DrawingAreaErrorKind<B::ErrorType>) -> Error,
) -> Result<()> {
    let (steps, values) = ranges(panel)?;
    let font = |size: u32| (FONT, size * scale);
    let mut chart = ChartBuilder::on(area)
        .caption(panel.title, font(18))
        .margin(12 * scale)
        .x_label_area_size(40 * scale)
        .y_label_area_size(64 * scale)
        .build_cartesian_2d(0.0..steps, values.clone())
        .map_err(failed)?;
    let label = |value: &f64| if *value >= 1e4 { format!("{}k", value / 1e3) } else { format!("{value}") };
    chart
        .configure_mesh()
        .x_desc("training step")
        .x_label_formatter(&label)
        .y_label_formatter(&|value| format!("{value:.*}", decimals(&values)))
        .label_style(font(14))
        .axis_desc_style(font(14))
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.12).stroke_width(scale))
        .axis_style(BLACK.mix(0.6).stroke_width(scale))
        .draw()
        .map_err(failed)?;
    let alone = panel.curves.iter().all(|curve| curve.label.is_some());
    let width = if alone { 2 * scale } else { scale + scale / 2 };
    for curve in &panel.curves {
        let style = colour(curve).stroke_width(width);
        let visible = curve.points.iter().map(|&(step, value)| (step, value.min(values.end)));
        let series = chart.draw_series(LineSeries::new(visible, style)).map_err(failed)?;
        if let Some(label) = &curve.label {
            let line = (24 * scale) as i32;
            series.label(label).legend(move |(x, y)| PathElement::new([(x, y), (x + line, y)], style));
        }
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .legend_area_size(30 * scale)
        .margin(8 * scale)
        .label_font(font(14))
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.2).stroke_width(scale))
        .draw()
        .map_err(failed)
}

/// The last step, and the values' range with a little room.
fn ranges(panel: &Panel) -> Result<(f64, std::ops::Range<f64>)> {
    let points = || panel.curves.iter().flat_map(|curve| &curve.points);
    let steps = points().map(|point| point.0).fold(0.0, f64::max);
    let low = points().map(|point| point.1).fold(f64::INFINITY, f64::min);
    let high = panel.most.unwrap_or_else(|| points().map(|point| point.1).fold(f64::NEG_INFINITY, f64::max));
    if !low.is_finite() || !high.is_finite() {
        return Err(Error::File(format!(
            "The runs have no values of \"{}\" yet. Train them further, or choose other --columns.",
            panel.title
        )));
    }
    let room = 0.05 * (high - low).max(1e-6);
    Ok((steps.max(1.0), low - room..high.max(low) + room))
}

/// Decimals that tell the labels of an axis apart, which has about ten.
fn decimals(range: &std::ops::Range<f64>) -> usize {
    (-((range.end - range.start) / 10.0).log10()).ceil().clamp(0.0, 9.0) as usize
}
