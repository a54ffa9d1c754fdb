//! Lists as spreadsheets write them. The files are in `tests/lists`.

use super::*;

const HEADER: &str = "id_number,name,sex,birth_date,residence_district\r\n";
const LINE: &str = "45019920010203001X,覃小文,F,2001-02-03,450103\r\n";

fn file(bytes: impl AsRef<[u8]>) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    file
}

fn list(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lists").join(name)).unwrap()
}

fn rows(bytes: impl AsRef<[u8]>) -> Result<Vec<Row>, RowsError> {
    // Both ways of reading give the same.
    let read = read("list.csv", bytes.as_ref(), None, 1_000);
    let file = file(bytes.as_ref());
    let chunked: Result<Vec<Vec<Row>>, RowsError> = chunks(file.path(), None).and_then(Iterator::collect);
    match (&read, chunked) {
        (Ok(rows), Ok(chunked)) => assert_eq!(*rows, chunked.concat()),
        (Err(_), Err(_)) => {}
        _ => panic!("a file and an upload differ"),
    }
    read
}

fn name(row: &Row) -> &str {
    &row["name"]
}

#[test]
fn lines_come_in_chunks() {
    let text: String = std::iter::once("id_number,score\n".to_owned())
        .chain((0..1_201).map(|n| format!("p{n},1\n")))
        .collect();
    let file = file(&text);
    let sizes: Vec<usize> = chunks(file.path(), None).unwrap().map(|c| c.unwrap().len()).collect();
    assert_eq!(sizes, [500, 500, 201]);
    assert_eq!(count(file.path(), None).unwrap(), 1_201);
}

#[test]
fn more_lines_than_are_taken_are_refused() {
    let text = "id_number\n1\n2\n3\n";
    assert_eq!(read("a.csv", text.as_bytes(), None, 3).unwrap().len(), 3);
    let refused = read("a.csv", text.as_bytes(), None, 2);
    assert!(matches!(refused, Err(RowsError::TooMany { most: 2, .. })));
}

#[test]
fn a_malformed_line_is_named_and_not_quoted() {
    let error = rows("id_number,score\np1,1\nsecret\n").unwrap_err().to_string();
    assert!(error.contains("line 3") && !error.contains("secret"), "{error}");
}

#[test]
fn lines_are_counted_alike_whatever_ends_them() {
    for bytes in [list("C31-short-row-CRLF.csv"), list("C31-short-row-LF.csv")] {
        assert!(matches!(rows(bytes), Err(RowsError::Cells { line: 3, header: 1, given: 4, named: 5, .. })));
    }
    for end in ["\n", "\r\n", "\r"] {
        for (text, line) in
            [("a\nid_number,b\n1,2\n\n3\n", 5), ("id_number,b\n1,\"x\ny\"\n3\n", 4), ("id_number,b\n3", 2)]
        {
            let refused = rows(text.replace('\n', end)).unwrap_err();
            assert!(
                matches!(refused, RowsError::Cells { line: l, .. } if l == line),
                "{text:?} {end:?} {refused}"
            );
        }
    }
}

#[test]
fn empty_columns_and_lines_are_not_there() {
    let dropped = rows(list("C05-one-trailing-comma.csv")).unwrap();
    assert_eq!(dropped, rows([HEADER, &LINE.replace('文', "梅")].concat()).unwrap());
    for text in [
        "id_number,name,,,\n1,覃,,,\n,,,,\n",
        "id_number,name\n1,覃,,\n",
        "id_number,name,,\n1,覃\n\n",
        "id_number,,name\n1,,覃\n",
        "id_number,name, \n1,覃,  \n",
    ] {
        let rows = rows(text).unwrap();
        assert_eq!(rows.len(), 1, "{text}");
        assert_eq!((rows[0].len(), name(&rows[0])), (2, "覃"), "{text}");
    }
    for text in ["id_number,name\n1,覃,x\n", "id_number,,name\n1,x,覃\n", "id_number,name,\n1,覃,x\n"] {
        assert!(matches!(rows(text), Err(RowsError::Cells { line: 2, .. })), "{text}");
    }
}

#[test]
fn titles_of_this_country_are_known_and_a_title_above_the_header_is_passed_over() {
    for header in [
        "身份证号,姓名",
        "公民身份号码,姓名",
        " 身份证号码 ,姓名",
        "ID_NUMBER,姓名",
        "ｉｄ＿ｎｕｍｂｅｒ,姓名",
        "*身份证号：,姓名",
    ] {
        let rows = rows(format!("{header}\n1,覃\n")).unwrap();
        assert_eq!((rows[0]["id_number"].as_str(), rows[0]["姓名"].as_str()), ("1", "覃"), "{header}");
    }
    let titled = "南宁市某街道居民名单,,\n2026年12月,,\n身份证号,姓名,\n1,覃,\n2,韦,\n";
    assert_eq!(rows(titled).unwrap().len(), 2);
    assert!(matches!(rows("姓名,性别\n覃,F\n"), Err(RowsError::NoPerson(_))));
    assert!(matches!(rows(""), Err(RowsError::NoPerson(_))));
}

#[test]
fn a_column_twice_is_refused_under_any_of_its_titles() {
    for header in ["id_number,a,a", "id_number,身份证号", "身份证号,公民身份号码"] {
        assert!(matches!(rows(format!("{header}\n")), Err(RowsError::Header(_))), "{header}");
    }
}

#[test]
fn every_encoding_of_a_spreadsheet_gives_the_same_list() {
    let text = [HEADER, LINE].concat();
    let wanted = rows(&text).unwrap();
    let utf16 = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    let gbk = encoding_rs::GB18030.encode(&text).0.into_owned();
    for bytes in [
        format!("\u{feff}{text}").into_bytes(),
        gbk,
        [vec![0xff, 0xfe], utf16(u16::to_le_bytes)].concat(),
        [vec![0xfe, 0xff], utf16(u16::to_be_bytes)].concat(),
        utf16(u16::to_le_bytes),
        utf16(u16::to_be_bytes),
        text.replace(',', "\t").into_bytes(),
        text.replace(',', ";").into_bytes(),
    ] {
        assert_eq!(rows(&bytes).unwrap(), wanted, "{bytes:?}");
    }
}

#[test]
fn rare_characters_survive_in_every_encoding() {
    let text = "id_number,name\n1,𠮷㛃\n2,王䶮\n";
    let gb18030 = encoding_rs::GB18030.encode(text).0.into_owned();
    for bytes in [text.as_bytes().to_vec(), gb18030] {
        assert_eq!(rows(bytes).unwrap().iter().map(name).collect::<Vec<_>>(), ["𠮷㛃", "王䶮"]);
    }
}

#[test]
fn what_may_be_read_in_two_ways_is_asked() {
    let bytes = list("C30-gbk-that-is-utf8-too.csv");
    let Err(RowsError::Ambiguous { utf8, gb18030, .. }) = rows(&bytes) else { panic!("guessed") };
    assert_eq!((utf8.as_str(), gb18030.as_str()), ("½־ǿ", "陆志强"));
    for (encoding, wanted) in [(Encoding::Gb18030, "陆志强"), (Encoding::Utf8, "½־ǿ")] {
        let rows = read("list.csv", &bytes, Some(encoding), 10).unwrap();
        assert_eq!(name(&rows[0]), wanted);
    }
    // Names in GBK of which the UTF-8 reading is hanzi too, or Latin letters.
    for gbk in ["陆志强", "茅", "路", "洳版健", "浣板健"] {
        let bytes = encoding_rs::GB18030.encode(gbk).0.into_owned();
        if std::str::from_utf8(&bytes).is_ok() {
            let list = [b"id_number,name\n1,", bytes.as_slice(), b"\n"].concat();
            assert!(matches!(rows(list), Err(RowsError::Ambiguous { .. })), "{gbk}");
        }
    }
}

#[test]
fn ordinary_lists_in_utf8_are_not_asked_about() {
    for names in [
        ["覃小文", "韦一"],
        ["李娜", "黄大明"],
        ["阿依古丽·买买提", "王芳"],
        ["农海燕", "José García 王"],
        ["梁国栋", "欧阳娜娜"],
    ] {
        let text = format!("id_number,name\n1,{}\n2,{}\n", names[0], names[1]);
        assert_eq!(rows(&text).unwrap().iter().map(name).collect::<Vec<_>>(), names);
    }
}

#[test]
fn bytes_that_are_no_text_are_refused_with_their_line() {
    for bytes in
        [b"id_number,name\n1,a\n2,\xff\xff\n".as_slice(), b"id_number,name\n1,\xd0\xc2\n2,\xe8\xa6\x83\xff\n"]
    {
        assert!(matches!(rows(bytes), Err(RowsError::NoText { line: 3, .. })));
    }
    let gbk = b"id_number,name\n1,\xcd\xf5\xd0\xa1\n".as_slice();
    assert_eq!(name(&rows(gbk).unwrap()[0]), "王小");
    let wrong = read("a.csv", gbk, Some(Encoding::Utf8), 10);
    assert!(matches!(wrong, Err(RowsError::NoText { line: 2, .. })));
    // A mark says UTF-8, so that nothing else is tried.
    let marked = [b"\xef\xbb\xbf".as_slice(), gbk].concat();
    assert!(matches!(rows(marked), Err(RowsError::NoText { line: 2, .. })));
    let long = format!("id_number\n{}\n", "1".repeat(2 << 20));
    assert!(matches!(rows(long), Err(RowsError::LongLine { line: 2, .. })));
}
