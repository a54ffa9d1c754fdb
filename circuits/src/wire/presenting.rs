//! OpenID4VP 1.0: request object claims and the `vp_token`, as `wire.md` fixes them.
//! The types are filled in by whoever builds the verifier; the wallet uses the same ones.
