//! A page of SVG: rectangles, lines and words.

use std::fmt::Write as _;

pub(super) const BRIGHT: &str = "#d8d9da";
pub(super) const FAINT: &str = "#8e8e8e";
const PAGE: &str = "#111217";
const CARD: &str = "#181b1f";
const EDGE: &str = "#2a2d33";

/// A letter is about so wide, in parts of its height.
const LETTER: f64 = 0.56;

/// Grafana's classic palette, the first of it.
const PALETTE: [&str; 12] = [
    "#73bf69", "#f2cc0c", "#8ab8ff", "#ff780a", "#f2495c", "#5794f2", "#b877d9", "#705da0", "#37872d", "#fade2a",
    "#447ebc", "#c15c17",
];

/// A place on the page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Area {
    pub(super) fn bottom(&self) -> f64 {
        self.top + self.height
    }

    pub(super) fn right(&self) -> f64 {
        self.left + self.width
    }

    /// Without so much at the left, the top, the right and the bottom.
    pub(super) fn inside(&self, [left, top, right, bottom]: [f64; 4]) -> Self {
        Self {
            left: self.left + left,
            top: self.top + top,
            width: self.width - left - right,
            height: self.height - top - bottom,
        }
    }
}

pub(super) struct Svg(String);

impl Svg {
    pub(super) fn new(width: f64, height: f64) -> Self {
        let mut svg = Self(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
             font-family=\"Inter, Helvetica, Arial, sans-serif\">\n"
        ));
        svg.rectangle(Area { left: 0.0, top: 0.0, width, height }, PAGE, 1.0);
        svg
    }

    pub(super) fn finished(self) -> String {
        self.0 + "</svg>\n"
    }

    pub(super) fn card(&mut self, Area { left, top, width, height }: Area) {
        self.line(&format!("<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"2\" fill=\"{CARD}\" stroke=\"{EDGE}\"/>"));
    }

    pub(super) fn rectangle(&mut self, Area { left, top, width, height }: Area, colour: &str, opacity: f64) {
        self.line(&format!("<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{colour}\" fill-opacity=\"{opacity}\"/>"));
    }

    /// A line of the grid.
    pub(super) fn rule(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        self.line(&format!("<path d=\"M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}\" stroke=\"{EDGE}\"/>"));
    }

    pub(super) fn polyline(&mut self, points: &[(f64, f64)], colour: &str, width: f64) {
        self.line(&format!(
            "<path d=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"/>",
            path(points)
        ));
    }

    pub(super) fn polygon(&mut self, points: &[(f64, f64)], colour: &str, opacity: f64) {
        self.line(&format!("<path d=\"{}Z\" fill=\"{colour}\" fill-opacity=\"{opacity}\"/>", path(points)));
    }

    /// Words that begin at a place; `y` is their base line.
    pub(super) fn text(&mut self, x: f64, y: f64, size: f64, colour: &str, text: &str) {
        self.anchored(x, y, size, colour, "start", text);
    }

    pub(super) fn anchored(&mut self, x: f64, y: f64, size: f64, colour: &str, anchor: &str, text: &str) {
        let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        self.line(&format!("<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" fill=\"{colour}\" text-anchor=\"{anchor}\">{text}</text>"));
    }

    fn line(&mut self, element: &str) {
        writeln!(self.0, "{element}").unwrap();
    }
}

/// How wide words are, about.
pub(super) fn width(text: &str, size: f64) -> f64 {
    text.chars().count() as f64 * size * LETTER
}

/// Words cut to a width.
pub(super) fn cut(text: &str, size: f64, max: f64) -> String {
    let letters = (max / (size * LETTER)) as usize;
    if text.chars().count() <= letters {
        text.to_owned()
    } else {
        text.chars().take(letters.saturating_sub(1)).chain(['…']).collect()
    }
}

/// The colour of the nth series.
pub(super) fn of_palette(number: usize) -> &'static str {
    PALETTE[number % PALETTE.len()]
}

/// A colour by Grafana's name of it.
pub(super) fn named(name: &str) -> &'static str {
    match name {
        "dark-red" => "#c4162a",
        "red" => "#f2495c",
        "orange" => "#ff9830",
        "yellow" => "#fade2a",
        "green" => "#73bf69",
        "blue" => "#5794f2",
        "gray" => "#8e8e8e",
        other => panic!("no colour is called {other}"),
    }
}

/// Points on a level line between two others say nothing.
fn path(points: &[(f64, f64)]) -> String {
    let height =
        |place: Option<usize>| place.and_then(|place| points.get(place)).map(|(_, y)| (y * 10.0).round() as i64);
    let mut path = String::new();
    for (place, (x, y)) in points.iter().enumerate() {
        let own = height(Some(place));
        if own != height(place.checked_sub(1)) || own != height(Some(place + 1)) {
            write!(path, "{}{x:.1} {y:.1}", if path.is_empty() { 'M' } else { 'L' }).unwrap();
        }
    }
    path
}
