import JSON

/// What a model server says about an error. Servers differ: `{"error":{"message","type","code"}}`, `{"error":"text"}`,
/// `{"message","code"}`, `{"detail":"text"}`.
struct ErrorReport {
  static let quotaCodes: Set<String> = [
    "insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "insufficient_credits", "quota_exceeded",
    "exceeded_current_quota_error", "insufficient_balance", "payment_required", "credits_exhausted",
  ]
  static let modelCodes: Set<String> = [
    "model_not_found", "model_not_exist", "invalid_model", "unknown_model", "model_not_available",
  ]
  static let authenticationCodes: Set<String> = [
    "invalid_api_key", "authentication_error", "invalid_authentication", "unauthorized", "permission_error",
  ]
  static let rateCodes: Set<String> = ["rate_limit_exceeded", "rate_limit_error", "too_many_requests"]

  /// The sentence, when there is one.
  let message: String?
  /// The status that the report itself names.
  let status: Int?
  private let codes: Set<String>

  init(_ value: JSONValue) {
    let report = value["error"]?.object.map { JSONValue.object($0) } ?? value
    message = report["message"]?.string ?? value["error"]?.string ?? report["detail"]?.string
    status = ["code", "status", "status_code"].lazy.compactMap { report[$0]?.int }.first { (400..<600).contains($0) }
    codes = Set(["code", "type", "status"].compactMap { report[$0]?.string?.lowercased() })
  }

  /// Whether one of the codes was given.
  func has(_ known: Set<String>) -> Bool {
    !codes.isDisjoint(with: known)
  }

  /// Whether the sentence says that there is no such model; llama.cpp's router and others give no code for it.
  var namesMissingModel: Bool {
    guard let text = message?.lowercased(), text.contains("model") else { return false }
    return ["not found", "does not exist", "not exist", "unknown model"].contains { text.contains($0) }
  }
}
