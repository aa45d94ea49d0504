import JSON
public import Pipeline

/// `GET /api/auth/status` (wire-platform 3.6). There is no authentication yet: the server refuses to start where it
/// would be needed.
public struct AuthenticationStatus: Handler {
  /// A handler without options.
  public init() {}

  /// `GET`.
  public var methods: Methods<BaseContext> {
    .get("Whether a password is needed", read)
  }

  private func read(_ request: Request, _ context: BaseContext) async throws -> Response {
    var answer = JSONObject()
    for key in ["auth_enabled", "logged_in", "oidc_enabled"] { answer[key] = false }
    for key in ["password_auth_enabled", "passwordless_enabled", "passkeys_enabled"] { answer[key] = false }
    answer["passkeys_count"] = 0
    answer["passkey_feature_flag"] = false
    answer["auth_disabled_acknowledged"] = false
    return .json(answer)
  }
}
