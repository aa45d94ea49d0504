import HTTPTypes
public import JSON

/// Describes a routing table in the words of OpenAPI 3.1, from the same data that it is compiled from.
public enum OpenAPIDocument {
  /// - Parameters:
  ///   - title: What the server is called.
  ///   - version: Its version.
  public static func make(title: String, version: String, routes: [Route]) -> JSONObject {
    var paths = JSONObject()
    for route in routes { paths[path(of: route.pattern)] = .object(item(for: route)) }
    return [
      "openapi": "3.1.0",
      "info": ["title": .string(title), "version": .string(version)],
      "paths": .object(paths),
      "components": [
        "schemas": [
          "Error": [
            "type": "object", "required": ["error"],
            "properties": ["error": ["type": "string", "description": "What is wrong, and what to do."]],
          ]
        ]
      ],
    ]
  }

  private static func item(for route: Route) -> JSONObject {
    var item = JSONObject()
    for (method, summary) in route.methods {
      var operation: JSONObject = [
        "summary": .string(summary),
        "operationId": .string("\(method.rawValue.lowercased())\(route.handler)\(suffix(of: route.pattern))"),
        "responses": .object(responses(for: route)),
      ]
      let names = captures(in: route.pattern)
      if !names.isEmpty { operation["parameters"] = .array(names.map(parameter)) }
      if route.limits.body > 0 && method != .get {
        operation["requestBody"] = ["content": ["application/json": ["schema": ["type": "object"]]]]
        operation["x-body-limit"] = .int(route.limits.body)
      }
      item[method.rawValue.lowercased()] = .object(operation)
    }
    return item
  }

  private static func responses(for route: Route) -> JSONObject {
    let type = route.keepalive == nil ? "*/*" : "text/event-stream"
    let failure: JSONValue = [
      "description": "A failure, with a sentence.",
      "content": ["application/json": ["schema": ["$ref": "#/components/schemas/Error"]]],
    ]
    var content = JSONObject()
    content[type] = [:]
    return ["200": ["description": "Done.", "content": .object(content)], "default": failure]
  }

  private static func parameter(_ name: String) -> JSONValue {
    ["name": .string(name), "in": "path", "required": true, "schema": ["type": "string"]]
  }

  private static func captures(in pattern: String) -> [String] {
    pattern.split(separator: "/").filter { $0.hasPrefix("{") }.map {
      String($0.dropFirst().dropLast().prefix { $0 != "." })
    }
  }

  /// OpenAPI has no name for "the rest of the path".
  private static func path(of pattern: String) -> String {
    pattern.split(separator: "...", omittingEmptySubsequences: false).joined()
  }

  private static func suffix(of pattern: String) -> String {
    pattern.split(whereSeparator: { !$0.isLetter }).map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
  }
}
