import JSON

extension Workspaces {
  /// A saved folder and what it is called.
  struct Entry: Equatable, Sendable {
    let path: String
    let name: String

    var value: JSONValue { ["path": .string(path), "name": .string(name)] }

    /// Nil when the bytes are no JSON array. Elements without a path are skipped.
    static func list(_ bytes: [UInt8]) -> [Entry]? {
      let elements: [JSONValue]
      do throws(JSONParseError) {
        guard let array = try JSONValue(parsing: bytes, limits: .files).array else { return nil }
        elements = array
      } catch {
        return nil
      }
      return elements.compactMap { element in
        guard let path = element["path"]?.string, !path.isEmpty else { return nil }
        let stored = element["name"]?.string ?? ""
        // "default" was the first name of what is now shown as "Home".
        if stored == "default" { return Entry(path: path, name: "Home") }
        return Entry(path: path, name: stored.isEmpty ? FilePath(path, home: "")?.name ?? path : stored)
      }
    }
  }
}
