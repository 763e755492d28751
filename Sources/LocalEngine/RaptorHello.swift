import JSON
import SessionModel

/// The answer of a raptor to CPI `hello`.
struct RaptorHello: Equatable, CustomStringConvertible {
  var name = "scalems-raptor"
  var version = programVersion
  /// Why it won't work, instead.
  var problem: String?
  var description: String { "\(name) \(version)" }

  /// - Throws: `JSONScanner.SyntaxError` when the line is no JSON, `JSONError` when it is something else.
  init(line: UnsafeRawBufferPointer) throws {
    let members = try JSONObject(line)
    name = try members.required("name", .text)
    version = try members.required("version", .text)
    problem = try members.optional("problem", .text)
  }

  init(problem: String? = nil) { self.problem = problem }

  func write(to json: inout JSONWriter) {
    json.beginObject()
    json.member("event", "raptor.hello")
    json.member("name", name)
    json.member("version", version)
    json.member("problem", problem)
    json.endObject()
    json.endLine()
  }
}
