use super::*;

#[test]
fn names_are_short_and_printable() {
    for sound in ["a", "宁".repeat(64).as_str(), "credit.nanning, 2026-11-22 14:00 UTC"] {
        assert_eq!(Name::new(sound).unwrap().as_str(), sound);
    }
    for bad in ["", "a".repeat(65).as_str(), "a\nb", "\u{1b}[2J"] {
        assert_eq!(Name::new(bad), Err(NameError));
    }
}

#[test]
fn what_an_author_says_is_read_back() {
    let beacon = Author::Beacon { exponent: 10, value: vec![1; 255] };
    for (author, name) in [(Author::Person, None), (beacon, Some(Name::new("dice").unwrap()))] {
        let mut bytes = Vec::new();
        put_signature(&mut bytes, &author, name.as_ref());
        let mut cursor = Cursor::new(&bytes);
        assert_eq!(read_signature(&mut cursor), Ok((author, name)));
        assert!(cursor.is_empty());
    }
}

#[test]
fn refuses_malformed_parameters() {
    let signature = |kind: u32, parameters: &[u8]| {
        [&kind.to_le_bytes(), &(parameters.len() as u32).to_le_bytes(), parameters].concat()
    };
    let refused = |bytes: &[u8]| read_signature(&mut Cursor::new(bytes)).is_err();
    assert!(!refused(&signature(0, &[1, 1, b'a'])));
    assert!(refused(&signature(0, &[1, 1, b'a', 1, 1, b'b'])), "twice");
    assert!(refused(&signature(1, &[3, 1, 9, 2, 10])), "falling");
    assert!(refused(&signature(0, &[4, 0])), "unknown");
    assert!(refused(&signature(0, &[1, 9, b'a'])), "longer than the parameters");
    assert!(refused(&signature(0, &[1, 1, 0xff])), "no text");
    assert!(refused(&signature(0, &[2, 10, 3, 1, 9])), "a person with a beacon");
    assert!(refused(&signature(1, &[])), "a beacon without a value");
    assert!(refused(&signature(1, &[2, 10, 3, 0])), "a beacon with an empty value");
    assert!(refused(&signature(2, &[])), "unknown kind");
    assert!(refused(&u32::MAX.to_le_bytes().repeat(2)), "longer than the file");
}
