//! What is read behind private doors, for the fuzz targets. Whatever the bytes are, nothing panics.

/// What a sealed paper holds, once a code has opened it.
pub fn sheet(bytes: &[u8]) {
    if let Some(paper) = crate::paper::decode_sheet(bytes) {
        let again = crate::paper::encode_sheet(&paper);
        assert!(crate::paper::decode_sheet(&again).is_some(), "what was written is read");
    }
}
