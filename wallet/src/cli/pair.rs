//! `pair`: the person secret to a further wallet of the same person.
//!
//! Each message is a line on standard output, and the other wallet's messages and the number on its screen are lines on
//! standard input: typed or pasted by people, or passed on by a program. On a terminal each message is drawn as a QR code
//! too.

use std::fmt::Display;
use std::str::FromStr;

use rand::rngs::OsRng;
use serde_json::json;
use service::cli::{CommandError, Shell, Verdict};

use super::settings::{Settings, now};
use super::{PairArgs, terminal};
use crate::error::WalletError;
use crate::history::{Act, Event, PairSide};
use crate::pair::{Accepting, Offering, PairNumber};
use crate::qr::Code;

pub(super) fn pair(settings: &Settings, args: &PairArgs, shell: Shell) -> Result<Verdict, CommandError> {
    // The other flag is the only other one.
    if args.offer { give(settings, shell) } else { take(settings, shell) }
}

/// On the wallet that has the person secret.
fn give(settings: &Settings, shell: Shell) -> Result<Verdict, CommandError> {
    let mut session = settings.open()?;
    shell.say(
        "这会把“您是同一个人”的密钥交给您的另一个钱包：只与您自己手里的设备配对，绝不与别人的配对。",
        "This gives another wallet of yours the secret that says that you are one person. Pair only with a device in your \
         own hands, never with somebody else's.",
    );
    let offering = Offering::new(&mut OsRng);
    hand_over(offering.offer(), shell)?;
    shell.say(
        "在新设备上运行 `wallet pair --accept`，输入上面这一行，再把它的回答粘贴到这里：",
        "Run `wallet pair --accept` on the new device, give it the line above, and paste its answer here:",
    );
    let answered = offering.answered(ask(shell)?);
    hand_over(answered.reveal(), shell)?;
    shell.say(
        "把上面这一行交给新设备，再在这里输入新设备显示的六位数字：",
        "Give the line above to the new device, and type here the six digits that it shows:",
    );
    let shown: PairNumber = ask(shell)?;
    let number = answered.number();
    let person = &session.contents.wallet.secrets().person;
    let sealed = answered.seal(shown, person, &mut OsRng).map_err(WalletError::from)?;
    session.contents.wallet.record(Event { time: now()?, act: Act::Paired { side: PairSide::Gave } });
    session.save()?;
    tell_number(number, shell)?;
    hand_over(&sealed, shell)?;
    shell.say(
        "两边数字相同。在新设备上输入这里的数字，再把上面这一行交给它，就完成了。",
        "The numbers are the same. Type the number that stands here on the new device, give it the line above, and it is done.",
    );
    Ok(Verdict::Yes)
}

/// On the new wallet. Nothing is asked of the other one before it is known that this one can take the secret.
fn take(settings: &Settings, shell: Shell) -> Result<Verdict, CommandError> {
    let mut session = settings.open()?;
    session.contents.wallet.may_pair().map_err(WalletError::from)?;
    shell.say(
        "请粘贴第一个钱包（`wallet pair --offer`）给出的一行：",
        "Paste the line that the first wallet gives (`wallet pair --offer`):",
    );
    let accepting = Accepting::new(ask(shell)?, &mut OsRng);
    hand_over(accepting.answer(), shell)?;
    shell.say(
        "把上面这一行交给第一个钱包，再把它接下来给出的一行粘贴到这里：",
        "Give the line above to the first wallet, and paste here the line that it gives next:",
    );
    let revealed = accepting.revealed(ask(shell)?).map_err(WalletError::from)?;
    tell_number(revealed.number(), shell)?;
    shell.say(
        "在第一个钱包上输入这个数字。它说数字相同之后，在这里输入它显示的数字；它说不同，就停下来（Ctrl-C）：",
        "Type this number on the first wallet. When it says that the numbers are the same, type here the number that it \
         shows; if it says that they differ, stop (Ctrl-C):",
    );
    let shown: PairNumber = ask(shell)?;
    shell.say("请粘贴第一个钱包给出的最后一行：", "Paste the last line that the first wallet gives:");
    let person = revealed.open(shown, &ask(shell)?).map_err(WalletError::from)?;
    session.contents.wallet.pair(person).map_err(WalletError::from)?;
    session.contents.wallet.record(Event { time: now()?, act: Act::Paired { side: PairSide::Took } });
    session.save()?;
    shell.answer(&json!({"paired": true}), String::new)?;
    shell.say(
        "已配对：这两个钱包现在是同一个人的两台设备。这台设备的助记词只能恢复它自己的密钥，恢复不了配对得来的个人密钥：\
         请用 `wallet backup` 保存备份文件，否则恢复之后要再配对一次。请向各部门领取这台设备的凭证，并说明是添加设备。",
        "Paired: the two wallets are two devices of one person now. The recovery phrase of this device brings back its own \
         key alone, and not the person secret that it was given: keep a file of `wallet backup`, or pair again after a \
         restore. Collect this device's credentials from the departments, and say that it is a further device.",
    );
    Ok(Verdict::Yes)
}

/// A message for the other wallet: text on standard output, a code on standard error.
fn hand_over(message: &impl Display, shell: Shell) -> Result<(), CommandError> {
    let text = message.to_string();
    if !shell.is_json()
        && let Some(code) = Code::new(&text)
    {
        eprintln!("{}", code.terminal());
    }
    shell.answer(&json!({ "message": text }), || text)
}

/// The number on this screen.
fn tell_number(number: PairNumber, shell: Shell) -> Result<(), CommandError> {
    if shell.is_json() {
        return shell.answer(&json!({ "number": number.to_string() }), String::new);
    }
    shell.say(&format!("这个钱包的数字：{number}"), &format!("The number of this wallet: {number}"));
    Ok(())
}

/// What comes from the other wallet. What is no such message or number is said and asked for again; it is no try.
fn ask<T: FromStr<Err: Display>>(shell: Shell) -> Result<T, CommandError> {
    while let Some(line) = terminal::line() {
        match line.parse::<T>() {
            Ok(read) => return Ok(read),
            Err(error) => {
                let again = format!("{error}");
                shell.say(&format!("请再试一次：{again}"), &format!("Once more: {again}"));
            }
        }
    }
    Err(CommandError::new(
        "no_message",
        "the other wallet's next message did not come",
        "Begin again on both wallets; nothing was given or taken.",
    ))
}
