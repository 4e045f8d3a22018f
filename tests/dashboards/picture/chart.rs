//! Values over time: lines, areas on top of each other, columns.

use serde_json::Value;

use super::svg::{Area, FAINT, Svg, cut, width};
use super::unit::{ticks_in, written};
use super::{Answer, Series};

/// Pixels: what is left free for the axes and the legend, a letter of them, a line of the legend.
const LEFT: f64 = 62.0;
const LETTER: f64 = 10.0;
const LINE: f64 = 15.0;
const LEGEND_LINES_MAX: usize = 3;

/// Where numbers go.
struct Scale {
    area: Area,
    from: f64,
    to: f64,
    least: f64,
    most: f64,
}

impl Scale {
    fn x(&self, time: f64) -> f64 {
        self.area.left + (time - self.from) / (self.to - self.from) * self.area.width
    }

    fn y(&self, value: f64) -> f64 {
        self.area.bottom() - (value - self.least) / (self.most - self.least) * self.area.height
    }
}

pub(super) fn draw(svg: &mut Svg, area: Area, panel: &Value, answers: &[Answer], (from, to): (f64, f64)) {
    let defaults = &panel["fieldConfig"]["defaults"];
    let (custom, unit) = (&defaults["custom"], defaults["unit"].as_str().unwrap());
    let series: Vec<&Series> = answers.iter().flat_map(|answer| &answer.series).collect();
    let colours: Vec<&str> =
        series.iter().enumerate().map(|(place, series)| super::panel::colour(panel, &series.name, place)).collect();
    let is_stacked = custom["stacking"]["mode"] == "normal";
    let layers = layers(&series, is_stacked);
    let legend = legend(svg, area, &series, &colours);
    let tops = layers.iter().flat_map(|layer| layer.iter().map(|(_, _, top)| *top)).filter(|top| top.is_finite());
    let (least, most) = tops.fold((0.0_f64, 0.0_f64), |(least, most), top| (least.min(top), most.max(top)));
    let marks = ticks_in(unit, least, if most > least { most } else { least + 1.0 }, defaults["decimals"] == 0);
    let plot = area.inside([LEFT, 6.0, 10.0, legend + 18.0]);
    let (first, last) = (marks[0], *marks.last().unwrap());
    let scale = Scale { area: plot, from, to, least: first, most: last };
    axes(svg, &scale, &marks, unit);
    for (layer, colour) in layers.iter().zip(colours).rev() {
        if custom["drawStyle"] == "bars" {
            columns(svg, &scale, layer, colour);
        } else {
            curve(svg, &scale, layer, colour, custom["fillOpacity"].as_f64().unwrap() / 100.0);
        }
    }
}

/// A time, where the series begins there, and where it ends.
type Layer = Vec<(f64, f64, f64)>;

/// Each series on top of those before it, or from zero.
fn layers(series: &[&Series], is_stacked: bool) -> Vec<Layer> {
    let mut heights = std::collections::BTreeMap::<u64, f64>::new();
    let mut layer = |series: &&Series| {
        let place = |&(time, value): &(f64, f64)| {
            let value = if value.is_nan() { 0.0 } else { value };
            let height = heights.entry((time * 1_000.0) as u64).or_default();
            let base = if is_stacked { *height } else { 0.0 };
            *height += value;
            (time, base, base + value)
        };
        series.points.iter().map(place).collect()
    };
    series.iter().map(&mut layer).collect()
}

fn curve(svg: &mut Svg, scale: &Scale, layer: &Layer, colour: &str, opacity: f64) {
    let top: Vec<_> = layer.iter().map(|(time, _, top)| (scale.x(*time), scale.y(*top))).collect();
    let base = layer.iter().rev().map(|(time, base, _)| (scale.x(*time), scale.y(*base)));
    let outline: Vec<_> = top.iter().copied().chain(base).collect();
    svg.polygon(&outline, colour, opacity);
    svg.polyline(&top, colour, 1.5);
}

fn columns(svg: &mut Svg, scale: &Scale, layer: &Layer, colour: &str) {
    let step = layer.windows(2).map(|pair| pair[1].0 - pair[0].0).fold(f64::MAX, f64::min);
    let wide = (scale.x(step.min(60.0)) - scale.x(0.0)).max(1.0);
    for (time, base, top) in layer.iter().filter(|(_, base, top)| top > base) {
        let (bottom, top) = (scale.y(*base), scale.y(*top));
        let column = Area { left: scale.x(*time) - wide / 2.0, top, width: wide, height: bottom - top };
        svg.rectangle(column, colour, 0.8);
    }
}

fn axes(svg: &mut Svg, scale: &Scale, marks: &[f64], unit: &str) {
    let Area { left, .. } = scale.area;
    for mark in marks {
        let y = scale.y(*mark);
        svg.rule((left, y), (scale.area.right(), y));
        svg.anchored(left - 5.0, y + 3.5, LETTER, FAINT, "end", &written(*mark, unit, None));
    }
    let seconds = scale.to - scale.from;
    let step =
        [10.0, 15.0, 30.0, 60.0, 120.0].into_iter().find(|step| seconds / step * 60.0 < scale.area.width).unwrap();
    let mut time = (scale.from / step).ceil() * step;
    while time <= scale.to {
        let of_day = time as u64 % 86_400;
        let clock = format!("{:02}:{:02}:{:02}", of_day / 3_600, of_day / 60 % 60, of_day % 60);
        let x = scale.x(time).clamp(left + 20.0, scale.area.right() - 20.0);
        svg.anchored(x, scale.area.bottom() + 14.0, LETTER, FAINT, "middle", &clock);
        time += step;
    }
}

/// Draws the legend at the bottom; how high it is.
fn legend(svg: &mut Svg, area: Area, series: &[&Series], colours: &[&str]) -> f64 {
    let mut places = Vec::new();
    let (mut x, mut line) = (area.left + 10.0, 0);
    for (series, colour) in series.iter().zip(colours) {
        let name = cut(&series.name, LETTER, area.width - 40.0);
        let wide = width(&name, LETTER) + 26.0;
        if x + wide > area.right() && x > area.left + 10.0 {
            (x, line) = (area.left + 10.0, line + 1);
        }
        places.push((x, line, name, *colour));
        x += wide;
    }
    let lines = (line + 1).min(LEGEND_LINES_MAX);
    for (x, line, name, colour) in places.into_iter().filter(|(_, line, ..)| *line < lines) {
        let y = area.bottom() - 8.0 - (lines - 1 - line) as f64 * LINE;
        svg.rectangle(Area { left: x, top: y - 5.0, width: 12.0, height: 3.0 }, colour, 1.0);
        svg.text(x + 16.0, y, LETTER, FAINT, &name);
    }
    lines as f64 * LINE + 4.0
}
