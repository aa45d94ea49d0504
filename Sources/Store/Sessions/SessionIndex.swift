import JSON

/// `_index.json`: a cache of the list that may always be rebuilt (domain 1.7, invariant 7).
enum SessionIndex {
  /// What the rows say, by id; empty when the file is missing, unreadable or no list.
  static func hints(at path: String) -> [SessionID: IndexHint] {
    // Whatever is wrong with a cache, everything is read from the files then.
    guard let bytes = try? AtomicFile.read(path), let rows = try? JSONScanner.elements(of: bytes) else { return [:] }
    var hints: [SessionID: IndexHint] = [:]
    for range in rows {
      guard let row = try? JSONValue(parsing: bytes[range], limits: .files).object,
        let session = row["session_id"]?.string.flatMap({ SessionID($0) })
      else { continue }
      hints[session] = IndexHint(row)
    }
    return hints
  }

  /// The file's bytes: compact rows, the last changed first.
  static func encode(_ summaries: [SessionSummary]) -> [UInt8] {
    let rows = summaries.sorted { ($0.updatedAt, $0.id.text) > ($1.updatedAt, $1.id.text) }
    return JSONValue.array(rows.map { .object($0.indexRow()) }).bytes(.indented)
  }
}

/// What an index row says of a transcript, and by what it can be seen whether that still holds.
struct IndexHint: Sendable {
  private let updatedAt: Double
  let facts: TranscriptFacts

  /// Nil when the row does not say enough.
  init?(_ row: JSONObject) {
    guard let updatedAt = row["updated_at"]?.double, let count = row["message_count"]?.int,
      let users = row["user_message_count"]?.int, let last = row["last_message_at"]?.double, count >= 0
    else { return nil }
    // An older server writes 0 where it has not counted.
    guard (0...count).contains(users), users > 0 || count == 0 else { return nil }
    self.updatedAt = updatedAt
    facts = TranscriptFacts(messageCount: count, userMessageCount: users, lastMessageAt: last)
  }

  /// Whether the row was written of the file that begins with `metadata`. While a prompt waits, the row's time is that
  /// of the prompt.
  func agrees(with metadata: JSONObject) -> Bool {
    metadata["updated_at"]?.double == updatedAt && metadata["message_count"]?.int == facts.messageCount
      && metadata["pending_user_message"].map(\.isFalsy) ?? true
  }
}
