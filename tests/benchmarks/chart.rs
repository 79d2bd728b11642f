//! Draws the chart of the ratios: for each workload, tinyrun's time divided by that of each other runtime.

use crate::Row;
use crate::runtimes::Runtime;
use anyhow::Result;
use plotters::prelude::*;
use std::path::Path;

/// The ends of the logarithmic scale.
const SCALE: std::ops::Range<f64> = 0.05..20.0;

/// The width of the column with the names of workloads, in pixels.
const NAMES_WIDTH: u32 = 250;

/// A colour for each runtime.
const COLOURS: [RGBColor; 8] = [
    RGBColor(90, 60, 160),
    RGBColor(0, 125, 156),
    RGBColor(206, 48, 98),
    RGBColor(240, 173, 78),
    RGBColor(120, 120, 120),
    RGBColor(70, 160, 70),
    RGBColor(150, 90, 40),
    RGBColor(0, 0, 0),
];

/// Draws the chart of these rows.
pub fn draw(path: &Path, peers: &[Runtime], rows: &[Row]) -> Result<()> {
    let height = 90 + 26 * rows.len() as u32;
    let area = SVGBackend::new(path, (1000, height)).into_drawing_area();
    area.fill(&WHITE)?;
    let count = rows.len() as f64;
    let mut chart = ChartBuilder::on(&area)
        .caption(
            "tinyrun's time divided by the other's: left of 1, tinyrun is faster",
            ("sans-serif", 16),
        )
        .margin(8)
        .x_label_area_size(28)
        .y_label_area_size(NAMES_WIDTH)
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
            let ratio = row.comparisons[index].as_ref()?.ratio();
            let ratio = ratio.clamp(SCALE.start, SCALE.end);
            Some(Circle::new((ratio, at as f64 + 0.5), 5, colour.filled()))
        });
        chart
            .draw_series(points)?
            .label(peer.name)
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
