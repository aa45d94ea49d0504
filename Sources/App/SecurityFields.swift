import HTTPTypes
import Pipeline

/// Header fields that stand on answers whatever they are.
enum SecurityFields {
  /// Apps read the version from `Server` (wire-platform 8).
  static let always: HTTPFields = [.server: "HermesWebUI/\(Version.text) Caduceus/\(Version.text)"]

  /// The page loads nothing from elsewhere and runs no script that is not a file of ours.
  static let exceptStreams: HTTPFields = [
    .xContentTypeOptions: "nosniff",
    .frameOptions: "DENY",
    .referrerPolicy: "same-origin",
    .permissionsPolicy: "camera=(), microphone=(self), geolocation=(), clipboard-write=(self)",
    .contentSecurityPolicy:
      "default-src 'self'; object-src 'none'; frame-ancestors 'none'; script-src 'self'; style-src 'self'; "
      + "img-src 'self' data:; connect-src 'self'; base-uri 'self'; form-action 'self'",
  ]
}
