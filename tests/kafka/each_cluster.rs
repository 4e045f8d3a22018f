//! A test that is written once and runs on both clusters.

/// Runs each function of the form `fn name(cluster: &Cluster) { … }` as two tests, `name::on_mock` and `name::on_real`.
macro_rules! on_each_cluster {
    ($($(#[$meta:meta])* fn $name:ident($cluster:ident: &Cluster) $body:block)+) => {$(
        $(#[$meta])*
        mod $name {
            use super::*;

            fn check($cluster: &Cluster) $body

            #[test]
            fn on_mock() {
                check(&Cluster::mock());
            }

            #[test]
            fn on_real() {
                if let Some(cluster) = Cluster::real() {
                    check(&cluster);
                }
            }
        }
    )+};
}
pub(crate) use on_each_cluster;
