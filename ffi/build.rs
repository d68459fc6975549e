//! Generates the protobuf types (no `protoc` needed: protox is a compiler in
//! Rust) and the C header, which is checked in so that reviewers see the ABI
//! change and C compilers find it.

use std::{env, error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let protobuf = root.join("../protobuf");
    println!("cargo:rerun-if-changed={}", protobuf.display());
    println!("cargo:rerun-if-changed=src");
    println!("cargo:rerun-if-changed=cbindgen.toml");

    // Submissions are read in place, by src/request.rs.
    prost_build::compile_fds(protox::compile(["connection.proto"], [&protobuf])?)?;

    let header = root.join("include/glide_ffi.h");
    let mut text = Vec::new();
    cbindgen::generate(&root)?.write(&mut text);
    // Written only when it differs, so that a read-only checkout still builds
    // and an unchanged one keeps its time stamps.
    if fs::read(&header).ok().as_deref() != Some(&text[..]) {
        fs::write(&header, &text)?;
    }
    Ok(())
}
