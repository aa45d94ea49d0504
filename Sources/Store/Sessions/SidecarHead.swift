import JSON

/// The part of a file that stands before `messages`, read without the transcript (domain 3.1).
enum SidecarHead {
  /// How many bytes are tried, one after the other.
  static let sizes = [4 << 10, 16 << 10, 64 << 10]

  /// The keys without which a head is not trusted.
  private static let needed = ["session_id", "title", "created_at", "updated_at"]

  /// The metadata, when `bytes` reach as far as `messages` and hold what is needed; else nil, and the whole file must
  /// be read.
  static func parse(_ bytes: [UInt8]) -> JSONObject? {
    // Whatever is wrong here, reading the whole file tells what it is.
    guard let scanned = try? JSONScanner.members(of: bytes, until: { $0 == "messages" }) else { return nil }
    guard let start = scanned.stoppedAt, bytes[start...].first == UInt8(ascii: "[") else { return nil }
    var metadata = JSONObject()
    for member in scanned.members where !SessionDocument.tailKeys.contains(member.key) {
      guard let value = try? JSONValue(parsing: bytes[member.value], limits: .files) else { return nil }
      metadata[member.key] = value
    }
    return needed.allSatisfy({ metadata[$0] != nil }) ? metadata : nil
  }
}
