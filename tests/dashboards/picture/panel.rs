//! A panel: its frame, its title, and what stands in it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::svg::{Area, BRIGHT, FAINT, Svg, cut, named, of_palette};
use super::unit::written;
use super::{Answer, Series, chart};
use crate::dashboard::{list, word};

/// Pixels: of the title's letters, of those in a table and a text, of one of its lines.
const TITLE: f64 = 12.5;
const LETTER: f64 = 11.5;
const LINE: f64 = 21.0;

pub(super) fn draw(svg: &mut Svg, area: Area, panel: &Value, answers: &[Answer], time: (f64, f64)) {
    svg.card(area);
    svg.text(area.left + 8.0, area.top + 17.0, TITLE, BRIGHT, &cut(word(&panel["title"]), TITLE, area.width - 12.0));
    let inner = area.inside([0.0, 26.0, 0.0, 0.0]);
    match word(&panel["type"]) {
        "stat" => stat(svg, inner, panel, answers),
        "timeseries" => chart::draw(svg, inner, panel, answers, time),
        "bargauge" => bars(svg, inner, panel, &answers[0].series),
        "table" => table(svg, inner, panel, answers),
        "text" => text(svg, inner, word(&panel["options"]["content"])),
        kind => panic!("{}: nobody draws a {kind}", panel["title"]),
    }
}

/// The colour of a series: the one that an override fixes, else the next one of the palette.
pub(super) fn colour(panel: &Value, name: &str, place: usize) -> &'static str {
    let is_of = |entry: &&Value| entry["matcher"]["options"] == name && entry["properties"][0]["id"] == "color";
    let fixed = list(&panel["fieldConfig"]["overrides"]).find(is_of);
    fixed.map_or_else(|| of_palette(place), |entry| named(word(&entry["properties"][0]["value"]["fixedColor"])))
}

fn last(series: &Series) -> f64 {
    series.points.last().map_or(f64::NAN, |(_, value)| *value)
}

fn stat(svg: &mut Svg, area: Area, panel: &Value, answers: &[Answer]) {
    let defaults = &panel["fieldConfig"]["defaults"];
    let series = answers[0].series.first();
    let value = series.map_or(f64::NAN, last);
    let text = match series {
        Some(series) if panel["options"]["textMode"] == "name" => series.name.clone(),
        _ => written(value, word(&defaults["unit"]), defaults["decimals"].as_u64()),
    };
    let reached =
        list(&defaults["thresholds"]["steps"]).filter(|step| step["value"].as_f64().is_none_or(|least| value >= least));
    let colour = reached.last().map_or(FAINT, |step| named(word(&step["color"])));
    let size = (area.width / (text.chars().count() as f64 * 0.62)).min(area.height * 0.5).min(40.0);
    let (x, y) = (area.left + area.width / 2.0, area.top + area.height / 2.0 + size * 0.3);
    svg.anchored(x, y, size, colour, "middle", &text);
}

fn bars(svg: &mut Svg, area: Area, panel: &Value, series: &[Series]) {
    let defaults = &panel["fieldConfig"]["defaults"];
    let colour = named(word(&defaults["color"]["fixedColor"]));
    let most = series.iter().map(last).fold(1.0, f64::max);
    let line = (area.height / series.len() as f64).min(28.0);
    for (place, series) in series.iter().enumerate() {
        let top = area.top + place as f64 * line;
        let (names, numbers) = (area.width * 0.48, 50.0);
        let name = cut(&series.name, LETTER, names - 14.0);
        svg.anchored(area.left + names - 6.0, top + line * 0.62, LETTER.min(line * 0.75), BRIGHT, "end", &name);
        let room = Area {
            left: area.left + names,
            top: top + line * 0.15,
            width: area.width - names - numbers,
            height: line * 0.7,
        };
        svg.rectangle(room, "#22252b", 1.0);
        svg.rectangle(Area { width: room.width * last(series).max(0.0) / most, ..room }, colour, 0.85);
        let text = written(last(series), word(&defaults["unit"]), defaults["decimals"].as_u64());
        svg.text(room.right() + 6.0, top + line * 0.62, LETTER.min(line * 0.75), colour, &text);
    }
}

/// The answers side by side, joined by the label that they are grouped by, as Grafana's `merge` and `organize` do.
fn table(svg: &mut Svg, area: Area, panel: &Value, answers: &[Answer]) {
    let renamed = &panel["transformations"][1]["options"]["renameByName"];
    let keys: BTreeSet<_> =
        answers.iter().flat_map(|answer| &answer.series).filter_map(|series| series.labels.values().next()).collect();
    let label = answers[0].series[0].labels.keys().next().unwrap();
    let wide = area.width / (answers.len() as f64 + 1.0);
    svg.text(area.left + 10.0, area.top + LINE * 0.7, LETTER, "#6e9fff", word(&renamed[label]));
    for (line, key) in (1..).zip(&keys) {
        svg.rule(
            (area.left + 8.0, area.top + LINE * f64::from(line)),
            (area.right() - 8.0, area.top + LINE * f64::from(line)),
        );
        svg.text(
            area.left + 10.0,
            area.top + LINE * (f64::from(line) + 0.7),
            LETTER,
            BRIGHT,
            &cut(key, LETTER, wide - 12.0),
        );
    }
    for (place, answer) in answers.iter().enumerate() {
        let title = word(&renamed[format!("Value #{}", char::from(b'A' + u8::try_from(place).unwrap()))]);
        let right = area.left + wide * (place as f64 + 2.0) - 10.0;
        svg.anchored(right, area.top + LINE * 0.7, LETTER, "#6e9fff", "end", &cut(title, LETTER, wide - 4.0));
        let set = list(&panel["fieldConfig"]["overrides"]).find(|entry| entry["matcher"]["options"] == title).unwrap();
        let decimals = set["properties"][1]["value"].as_u64();
        for (line, key) in (1..).zip(&keys) {
            let cell = answer.series.iter().find(|series| series.labels.values().next() == Some(*key));
            let text =
                cell.map_or(String::new(), |cell| written(last(cell), word(&set["properties"][0]["value"]), decimals));
            svg.anchored(right, area.top + LINE * (f64::from(line) + 0.7), LETTER, BRIGHT, "end", &text);
        }
    }
}

/// Markdown as far as the panels use it: paragraphs, points, and marks that are left out.
fn text(svg: &mut Svg, area: Area, content: &str) {
    let mut y = area.top + 14.0;
    for paragraph in content.lines().filter(|line| !line.is_empty()) {
        let plain = unmarked(paragraph.trim_start_matches("- "));
        let indent = if paragraph.starts_with("- ") { 22.0 } else { 10.0 };
        if indent > 10.0 {
            svg.text(area.left + 10.0, y, LETTER, FAINT, "\u{2022}");
        }
        let letters = ((area.width - indent - 10.0) / (LETTER * 0.52)) as usize;
        let mut line = String::new();
        for word in plain.split(' ').chain(["\n"]) {
            if word == "\n" || line.chars().count() + word.chars().count() > letters {
                svg.text(area.left + indent, y, LETTER, BRIGHT, line.trim_end());
                (line, y) = (String::new(), y + LETTER * 1.45);
            }
            line += word;
            line += " ";
        }
        y += 3.0;
    }
}

/// Without stars and backquotes, and with the words of a link only.
fn unmarked(text: &str) -> String {
    let mut plain = text.replace("**", "").replace('`', "");
    while let Some((before, rest)) = plain.split_once('[') {
        let Some((words, after)) = rest.split_once("](") else { break };
        let after = after.split_once(')').map_or("", |(_, after)| after);
        plain = format!("{before}{words}{after}");
    }
    plain
}
