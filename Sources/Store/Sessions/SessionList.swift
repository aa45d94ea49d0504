import JSON

/// The list of conversations, filtered and ordered for one client (wire 1.1, domain 3.14).
public struct SessionList: Sendable {
  let entries: [SessionListEntry]
  let references: [SessionListEntry]
  let defaultWorkspace: String
  /// How many conversations of the profile only the agent has (`cli_count`).
  public let agentCount: Int
  /// How many archived rows there are, shown or not.
  public let archivedCount: Int
  /// Those of them that are no command-line sessions.
  public let archivedWebUICount: Int
  /// Those of them that are command-line sessions.
  public let archivedCLICount: Int
  /// How many rows other profiles have.
  public let otherProfileCount: Int
  /// How many rows, of both halves of the sidebar, are no command-line sessions.
  public let webUICount: Int
  /// How many rows, of both halves of the sidebar, are command-line sessions.
  public let cliCount: Int

  /// The conversations, in order.
  public var ids: [SessionID] { entries.map(\.id) }

  /// The rows in order, as objects; ``encodedList()`` is many times faster.
  public var rows: [JSONObject] { entries.map { $0.object(defaultWorkspace: defaultWorkspace) } }

  /// Archived ancestors of the rows (`sidebar_reference_sessions`).
  public var referenceRows: [JSONObject] { references.map { $0.object(defaultWorkspace: defaultWorkspace) } }

  /// The rows as a compact JSON array.
  ///
  /// - Parameters:
  ///   - mask: Rewrites titles that hold credentials (wire 0.8); a row whose title it changes is made anew.
  ///   - prefix: Bytes that stand before the array.
  public func encodedList(mask: ((String) -> String)? = nil, after prefix: [UInt8] = []) -> [UInt8] {
    var bytes = prefix
    bytes.reserveCapacity(prefix.count + entries.count * 1024)
    bytes.append(UInt8(ascii: "["))
    for (index, entry) in entries.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      let title = entry.summary?.title ?? entry.agent?.title ?? ""
      let masked = mask?(title) ?? title
      if masked == title {
        entry.write(to: &bytes, defaultWorkspace: defaultWorkspace)
      } else {
        var object = entry.object(defaultWorkspace: defaultWorkspace)
        object["title"] = .string(masked)
        bytes += object.bytes(.compact)
      }
    }
    bytes.append(UInt8(ascii: "]"))
    return bytes
  }
}
