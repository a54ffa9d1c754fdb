//! What of `deploy/` speaks of metrics.

/// Prometheus' rules.
pub const RULES: &str = include_str!("../../deploy/prometheus/rules.yml");
/// Grafana's dashboard.
pub const DASHBOARD: &str = include_str!("../../deploy/grafana/yong.json");

/// The names of the city's metrics in any text.
pub fn metrics(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_ascii_lowercase() && c != '_');
    words.filter(|word| word.starts_with("yong_"))
}
