import JSON

/// Whose a conversation is by its file. Nothing means the root profile (domain 3.14), but what is there and cannot be
/// understood must not open it to anybody.
enum SessionOwner {
  /// A name that no profile can have, and no ``ProfileDescription`` as another name of root.
  static let nobody = "\u{0}nobody"

  /// The name; nil when there is none.
  static func stored(in metadata: JSONObject) -> String? {
    switch metadata["profile"] {
    case .string(let name)?: name
    case nil, .null?: nil
    default: nobody
    }
  }
}
