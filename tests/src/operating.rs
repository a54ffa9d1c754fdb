//! `docs/operating.md` as what it is: commands, and the machines that they are for.

/// The page in English.
pub const PAGE: &str = include_str!("../../docs/operating.md");
/// The page in Chinese.
pub const CHINESE_PAGE: &str = include_str!("../../docs/zh-CN/operating.md");

/// Commands that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block<'a> {
    /// On which machines, one after the other.
    pub machines: Vec<&'a str>,
    /// What is typed there.
    pub commands: &'a str,
}

/// A page's commands in their order: what stands between a line of three backticks, `sh` and machines, and the next such line.
pub fn blocks(page: &str) -> Vec<Block<'_>> {
    let fenced = page.split("\n```sh ").skip(1);
    let block = |text| {
        let (machines, rest): (&str, &str) = str::split_once(text, '\n').expect("a block has lines");
        let (commands, _) = rest.split_once("\n```").expect("a block ends");
        Block { machines: machines.split(' ').collect(), commands }
    };
    fenced.map(block).collect()
}
