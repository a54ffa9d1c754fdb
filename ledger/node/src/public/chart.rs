//! Charts as SVG elements that need no style and no script. A table with the same numbers stands beside each.

use plotters::prelude::*;

use super::render::grouped;

/// A bar with its name, and a mark where it was planned to end.
pub(super) struct Bar {
    pub(super) label: String,
    pub(super) value: i64,
    pub(super) mark: Option<i64>,
}

/// A step of a curve: what it is over, and how high.
pub(super) struct Step {
    pub(super) label: String,
    pub(super) height: f64,
}

/// A curve of steps, all equally wide.
pub(super) fn steps(steps: &[Step]) -> Option<String> {
    let heights = || steps.iter().map(|step| step.height);
    let low = heights().fold(0.0, f64::min);
    let high = heights().fold(0.0, f64::max);
    if steps.is_empty() || steps.len() > MOST || !(high - low).is_finite() {
        return None;
    }
    let room = ((high - low) * (ROOM - 1.0)).max(f64::MIN_POSITIVE);
    drawn(STEPS, |area| draw_steps(area, steps, low - room..high + room))
}

fn draw_steps(area: &Area<'_>, steps: &[Step], range: std::ops::Range<f64>) -> Result<(), DrawError> {
    area.fill(&WHITE)?;
    let mut builder = ChartBuilder::on(area);
    let mut chart = builder
        .margin(MARGIN)
        .y_label_area_size(2 * AXIS)
        .build_cartesian_2d(0.0..steps.len() as f64, range.clone())?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .disable_x_axis()
        .y_labels(5)
        .label_style((FONT, 15))
        .light_line_style(WHITE)
        .draw()?;
    let upright = (FONT, 14).into_font().transform(FontTransform::Rotate270).color(&BLACK);
    for (x, step) in (0..).map(f64::from).zip(steps) {
        chart.draw_series([Rectangle::new(
            [(x + 0.04, 0.0), (x + 0.96, step.height)],
            COLOUR.mix(0.3).filled(),
        )])?;
        let line = vec![(x, step.height), (x + 1.0, step.height)];
        chart.draw_series([PathElement::new(line, COLOUR.stroke_width(3))])?;
        chart.draw_series([Text::new(step.label.clone(), (x + 0.35, range.start), upright.clone())])?;
    }
    area.present()
}

/// Amounts from zero on.
pub(super) fn amounts(bars: &[Bar], unit: &str) -> Option<String> {
    let ends = || bars.iter().flat_map(|bar| [bar.value, bar.mark.unwrap_or(0)]);
    let low = ends().min()?.min(0);
    let high = ends().max()?.max(1);
    let value = |bar: &Bar| format!("{} {unit}", grouped(bar.value)).trim_end().to_owned();
    draw(bars, low as f64..high as f64 * ROOM, value)
}

/// Work done, in hundredths of what is to be done.
pub(super) fn progress(bars: &[Bar]) -> Option<String> {
    if bars.iter().any(|bar| !(0..=100).contains(&bar.value)) {
        return None;
    }
    draw(bars, 0.0..100.0, |bar| format!("{} %", bar.value))
}

fn draw(bars: &[Bar], range: std::ops::Range<f64>, value: impl Fn(&Bar) -> String) -> Option<String> {
    if bars.is_empty() || bars.len() > MOST {
        return None;
    }
    let height = ROW * bars.len() as u32 + AXIS + 2 * MARGIN;
    drawn(height, |area| draw_bars(area, bars, range, value))
}

/// The element that `draw` draws, so many pixels high.
fn drawn(height: u32, draw: impl FnOnce(&Area<'_>) -> Result<(), DrawError>) -> Option<String> {
    let mut svg = String::new();
    let outcome = draw(&SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area());
    outcome.inspect_err(|error| tracing::error!(%error, "a chart cannot be drawn")).ok()?;
    Some(svg)
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type DrawError = DrawingAreaErrorKind<<SVGBackend<'static> as DrawingBackend>::ErrorType>;

fn draw_bars(
    area: &Area<'_>,
    bars: &[Bar],
    range: std::ops::Range<f64>,
    value: impl Fn(&Bar) -> String,
) -> Result<(), DrawError> {
    area.fill(&WHITE)?;
    let mut builder = ChartBuilder::on(area);
    let mut chart = builder
        .margin(MARGIN)
        .margin_right(3 * MARGIN)
        .x_label_area_size(AXIS)
        .build_cartesian_2d(range.clone(), bars.len() as f64..0.0)?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .disable_y_axis()
        .x_labels(5)
        .x_label_formatter(&|tick| grouped(*tick as i64))
        .label_style((FONT, 15))
        .light_line_style(WHITE)
        .draw()?;
    let start = range.start.max(0.0);
    for (row, bar) in (0..).map(f64::from).zip(bars) {
        let ends = [(start.min(0.0), row + 0.5), (bar.value as f64, row + 0.85)];
        chart.draw_series([Rectangle::new(ends, COLOUR.filled())])?;
        let words = format!("{}  {}", bar.label, value(bar));
        chart.draw_series([Text::new(words, (range.start, row + 0.16), (FONT, 18))])?;
        if let Some(mark) = bar.mark {
            let line = vec![(mark as f64, row + 0.42), (mark as f64, row + 0.93)];
            chart.draw_series([PathElement::new(line, MARK.stroke_width(4))])?;
        }
    }
    area.present()
}

const FONT: &str = "sans-serif";
const COLOUR: RGBColor = RGBColor(11, 93, 78);
const MARK: RGBColor = RGBColor(192, 86, 0);
/// Pixels, which the page scales.
const WIDTH: u32 = 560;
const ROW: u32 = 62;
const STEPS: u32 = 260;
const AXIS: u32 = 30;
const MARGIN: u32 = 10;
/// The longest bar leaves so much room at its end.
const ROOM: f64 = 1.05;
/// Bars of a chart at most.
const MOST: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(label: &str, value: i64, mark: Option<i64>) -> Bar {
        Bar { label: label.to_owned(), value, mark }
    }

    #[test]
    fn a_chart_has_no_style_and_no_markup_of_its_labels() {
        let svg = amounts(&[bar("<script>&", 1200, None), bar("预算", -3, Some(9))], "CNY").unwrap();
        assert!(svg.starts_with("<svg"));
        assert!(svg.contains("&lt;script&gt;&amp;") && !svg.contains("<script"));
        assert!(!svg.contains("style="), "{svg}");
        assert!(svg.contains("1,200 CNY"));
    }

    #[test]
    fn a_curve_has_no_style_and_no_markup_of_its_labels() {
        let step = |label: &str, height: f64| Step { label: label.to_owned(), height };
        let svg = steps(&[step("<b>", -3.5), step("到 5", 0.0), step("5 起", 12.25)]).unwrap();
        assert!(svg.starts_with("<svg") && svg.contains("&lt;b&gt;") && !svg.contains("<b>"));
        assert!(!svg.contains("style="), "{svg}");
        assert!(steps(&[step("flat", 0.0)]).is_some());
        assert!(steps(&[]).is_none());
        assert!(steps(&[step("huge", f64::MAX), step("low", f64::MIN)]).is_none());
    }

    #[test]
    fn what_is_no_share_of_a_hundred_has_no_chart() {
        assert!(progress(&[bar("a", 101, None)]).is_none());
        assert!(progress(&[bar("a", 100, Some(120))]).is_some());
        assert!(progress(&[]).is_none());
        assert!(amounts(&[bar("a", i64::MAX, Some(i64::MIN))], "").is_some());
    }
}
