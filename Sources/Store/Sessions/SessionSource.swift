/// Where a conversation came from, made from the raw source that the agent stores (domain 2.4, source normalisation).
public struct SessionSource: Sendable, Hashable {
  /// What the agent stored, in lower case without white space around it.
  public let raw: String

  /// A source; surrounding white space and case do not matter.
  public init(_ raw: String) {
    let isPlain = raw.utf8.allSatisfy { ($0 > 0x20 && $0 < UInt8(ascii: "A")) || ($0 > UInt8(ascii: "Z") && $0 < 0x80) }
    if isPlain {
      self.raw = raw
    } else {
      let start = raw.drop(while: \.isWhitespace)
      self.raw = start[..<(start.lastIndex { !$0.isWhitespace }.map(start.index(after:)) ?? start.startIndex)]
        .lowercased()
    }
  }

  /// The value of `session_source`: `webui`, `cli`, `messaging`, `cron`, `tool`, `api` or `other`.
  public var group: String {
    switch raw {
    case "webui", "cli", "cron", "tool": raw
    case "api_server", "api": "api"
    default: isMessaging ? "messaging" : "other"
    }
  }

  /// The value of `source_label`, for people.
  public var label: String {
    switch raw {
    case "webui": "WebUI"
    case "cli": "CLI"
    case "api_server", "api": "API"
    case "wecom", "wecom_callback": "WeCom"
    default: raw.split(whereSeparator: { $0 == "_" || $0 == "-" }).map(\.capitalized).joined(separator: " ")
    }
  }

  /// Whether people write to it through a messenger.
  public var isMessaging: Bool {
    ["discord", "slack", "telegram", "weixin", "email", "wecom", "wecom_callback", "matrix"].contains(raw)
  }

  /// Whether such conversations are kept out of the default list (wire 1.1, filter 2).
  public var isHidden: Bool { ["cron", "webhook", "kanban"].contains(raw) }
}

extension Substring {
  fileprivate var capitalized: String { prefix(1).uppercased() + dropFirst() }
}
