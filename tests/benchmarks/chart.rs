//! The chart: for each piece of work, what tinyrun takes as a ratio of what each other runtime takes.

use crate::Row;
use plotters::prelude::*;
use std::error::Error;
use std::path::Path;

/// The ends of the scale, which is logarithmic.
const SCALE: std::ops::Range<f64> = 0.05..20.0;

/// The width that the names of the work take.
const NAMES: u32 = 220;

const COLOURS: [RGBColor; 4] = [
    RGBColor(0, 125, 156),
    RGBColor(206, 48, 98),
    RGBColor(240, 173, 78),
    RGBColor(120, 120, 120),
];

/// Draws the chart of these rows.
pub fn draw(path: &Path, peers: &[&str], rows: &[Row]) -> Result<(), Box<dyn Error>> {
    let height = 90 + 26 * rows.len() as u32;
    let area = SVGBackend::new(path, (1000, height)).into_drawing_area();
    area.fill(&WHITE)?;
    let count = rows.len() as f64;
    let mut chart = ChartBuilder::on(&area)
        .caption(
            "tinyrun's time as a ratio of the other's: left of 1, tinyrun is faster",
            ("sans-serif", 16),
        )
        .margin(8)
        .x_label_area_size(28)
        .y_label_area_size(NAMES)
        .build_cartesian_2d(SCALE.log_scale(), 0.0..count)?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .disable_y_axis()
        .x_label_formatter(&|ratio| format!("{ratio}"))
        .draw()?;
    let line = [(1.0, 0.0), (1.0, count)];
    chart.draw_series(LineSeries::new(line, &BLACK))?;
    for (at, row) in rows.iter().rev().enumerate() {
        let (_, y) = chart.backend_coord(&(SCALE.start, at as f64 + 0.5));
        let name = Text::new(row.name.as_str(), (12, y - 6), ("sans-serif", 13));
        area.draw(&name)?;
    }
    for (index, peer) in peers.iter().enumerate() {
        let colour = COLOURS[index % COLOURS.len()];
        let points = rows.iter().rev().enumerate().filter_map(|(at, row)| {
            let ratio = row.ratios[index].as_ref()?.median();
            let ratio = ratio.clamp(SCALE.start, SCALE.end);
            Some(Circle::new((ratio, at as f64 + 0.5), 5, colour.filled()))
        });
        chart
            .draw_series(points)?
            .label(*peer)
            .legend(move |(x, y)| Circle::new((x + 8, y), 5, colour.filled()));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .background_style(WHITE)
        .border_style(BLACK)
        .draw()?;
    area.present()?;
    Ok(())
}
