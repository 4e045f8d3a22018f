//! Numbers as people read them: with Grafana's units, and steps of an axis that are round.

const MINUTE: f64 = 60.0;
const HOUR: f64 = 3_600.0;
const DAY: f64 = 86_400.0;

/// A number in one of Grafana's units; `decimals` as a panel has them.
pub(super) fn written(value: f64, unit: &str, decimals: Option<u64>) -> String {
    if value.is_nan() {
        return "No data".to_owned();
    }
    let number = |value: f64| plain(value, decimals);
    match unit {
        "s" if value.abs() >= DAY => format!("{} days", plain(value / DAY, Some(1))),
        "s" if value.abs() >= HOUR => format!("{} hours", plain(value / HOUR, Some(1))),
        "s" if value.abs() >= MINUTE => format!("{} mins", plain(value / MINUTE, Some(1))),
        "s" if value != 0.0 && value.abs() < 1.0 => format!("{} ms", plain(value * 1_000.0, None)),
        "s" => format!("{} s", number(value)),
        "percentunit" => format!("{}%", number(value * 100.0)),
        "bytes" => scaled(value, 1_024.0, &[" B", " KiB", " MiB", " GiB"], decimals),
        "Bps" => scaled(value, 1_000.0, &[" B/s", " kB/s", " MB/s", " GB/s"], decimals),
        "mps" => format!("{} msg/s", number(value)),
        "recps" => format!("{} rec/s", number(value)),
        "ops" => format!("{} ops/s", number(value)),
        "reqps" => format!("{} req/s", number(value)),
        _ => scaled(value, 1_000.0, &["", " K", " Mil", " Bil"], decimals),
    }
}

fn scaled(value: f64, base: f64, endings: &[&str], decimals: Option<u64>) -> String {
    let power = if value.abs() < base { 0 } else { (value.abs().ln() / base.ln()) as usize };
    let power = power.min(endings.len() - 1);
    let decimals = if power > 0 { decimals.or(Some(1)).filter(|decimals| *decimals > 0).or(Some(1)) } else { decimals };
    format!("{}{}", plain(value / base.powi(i32::try_from(power).unwrap()), decimals), endings[power])
}

/// With so many decimals, or as many as make three digits.
fn plain(value: f64, decimals: Option<u64>) -> String {
    let own = match value.abs() {
        size if size >= 100.0 || size == 0.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 0.1 => 2,
        _ => 3,
    };
    let text = format!("{value:.*}", decimals.map_or(own, |decimals| usize::try_from(decimals).unwrap()));
    let text =
        if decimals.is_none() && text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text.trim_start_matches(['-', '0', '.']).is_empty() {
        text.trim_start_matches('-').to_owned()
    } else {
        text.to_owned()
    }
}

/// Round steps of an axis in a unit from a number to another one, at most about five of them.
pub(super) fn ticks_in(unit: &str, least: f64, most: f64, is_count: bool) -> Vec<f64> {
    let size = most.abs().max(least.abs());
    let scale = match unit {
        "bytes" if size >= 1_024.0 => 1_024_f64.powf((size.ln() / 1_024_f64.ln()).floor()),
        "s" => [DAY, HOUR, MINUTE].into_iter().find(|unit| size >= 2.0 * unit).unwrap_or(1.0),
        _ => 1.0,
    };
    ticks(least / scale, most / scale, is_count).iter().map(|tick| tick * scale).collect()
}

/// Whole ones where numbers are counts.
fn ticks(least: f64, most: f64, is_count: bool) -> Vec<f64> {
    let span = (most - least).max(f64::MIN_POSITIVE);
    let rough = span / 4.0;
    let power = 10_f64.powf(rough.log10().floor());
    let round = if is_count { [1.0, 2.0, 5.0, 5.0, 10.0] } else { [1.0, 2.0, 2.5, 5.0, 10.0] };
    let step = round.iter().map(|by| by * power).find(|step| *step >= rough).unwrap_or(power * 10.0);
    let step = if is_count { step.max(1.0) } else { step };
    let first = (least / step).floor();
    (0..=6).map(|number| (first + f64::from(number)) * step).take_while(|tick| *tick < most + step).collect()
}

#[test]
fn numbers_are_written_as_grafana_writes_them() {
    let cases = [
        (0.0042, "s", None, "4.2 ms"),
        (7_500.0, "s", Some(0), "2.1 hours"),
        (0.256, "percentunit", Some(0), "26%"),
        (4_096.0, "bytes", None, "4.0 KiB"),
        (1_234_567.0, "short", None, "1.2 Mil"),
        (-0.2, "short", Some(0), "0"),
        (12.0, "mps", None, "12 msg/s"),
        (f64::NAN, "s", None, "No data"),
    ];
    for (value, unit, decimals, expected) in cases {
        assert_eq!(written(value, unit, decimals), expected);
    }
    assert_eq!(ticks(0.0, 9.0, true), [0.0, 5.0, 10.0]);
    assert_eq!(ticks(0.0, 9.0, false), [0.0, 2.5, 5.0, 7.5, 10.0]);
    assert_eq!(ticks(0.0, 1.0, true), [0.0, 1.0]);
    assert_eq!(ticks_in("bytes", 0.0, 4.0 * 1_048_576.0, false)[1], 1_048_576.0);
    assert_eq!(ticks_in("s", 0.0, 480.0, false)[1], 120.0);
}
