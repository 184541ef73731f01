#include "server/dav/dav.h"

#include <algorithm>
#include <set>
#include <utility>

#include "proto/contract/limits.h"
#include "proto/contract/markup.h"
#include "server/dav/plain.h"
#include "server/dav/resource.h"

namespace entente::dav {
namespace {

constexpr std::string_view allowed = "OPTIONS, GET, HEAD, PROPFIND, REPORT";
constexpr std::string_view xml_head = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n";

// One call.
class Server {
 public:
  Server(const net::HttpRequest& request, const Flavour& flavour, Collections& source)
      : request_(request),
        flavour_(flavour),
        source_(source),
        target_(target_of(flavour, request.path)) {}

  net::HttpResponse serve() {
    const std::string& method = request_.method;
    static const std::set<std::string_view> writes = {"PUT",   "DELETE", "PROPPATCH", "MKCOL",
                                                      "COPY",  "MOVE",   "LOCK",      "UNLOCK",
                                                      "PATCH", "POST",   "ACL",       "MKCALENDAR"};
    if (is_well_known()) {
      net::HttpResponse response = answer(301);
      response.headers.emplace_back("location", flavour_.root);
      return response;
    }
    if (writes.contains(method)) return refusal(403, "D:need-privileges");
    if (method == "OPTIONS") {
      net::HttpResponse response = answer(200);
      response.headers.emplace_back("allow", std::string(allowed));
      return response;
    }
    if (method != "GET" && method != "HEAD" && method != "PROPFIND" && method != "REPORT") {
      net::HttpResponse response = answer(405);
      response.headers.emplace_back("allow", std::string(allowed));
      return response;
    }
    if (const Status status = find_target(); !status.ok()) return failure(status);
    if (method == "PROPFIND") return propfind();
    if (method == "REPORT") return report();
    return get();
  }

 private:
  bool is_well_known() const {
    return request_.path == flavour_.well_known || request_.path == flavour_.well_known + "/";
  }

  // --- answers ---

  net::HttpResponse answer(int status, std::string body = {}, std::string type = {}) const {
    return with_flavour(plain(status, std::move(body), std::move(type)));
  }
  net::HttpResponse failure(const Status& status) const { return with_flavour(failed(status)); }
  net::HttpResponse with_flavour(net::HttpResponse response) const {
    response.headers.emplace_back("dav", flavour_.header);
    return response;
  }

  // With the precondition that failed (RFC 4918 section 16).
  net::HttpResponse refusal(int status, const std::string& condition) const {
    return answer(status,
                  std::string(xml_head) + "<D:error" + spaces_of(flavour_) + "><" + condition +
                      "/></D:error>\n",
                  "application/xml; charset=utf-8");
  }

  net::HttpResponse multistatus(const std::string& responses) const {
    return answer(207,
                  std::string(xml_head) + "<D:multistatus" + spaces_of(flavour_) + ">\n" +
                      responses + "</D:multistatus>\n",
                  "application/xml; charset=utf-8");
  }

  // Whether the target is there, for this caller; fills collections_, collection_, members_ and
  // member_.
  Status find_target() {
    if (target_.kind == Kind::None) return not_there();
    if (target_.kind == Kind::Root) return {};
    ENTENTE_TRY(collections_, source_.collections());
    if (target_.kind == Kind::Home) return {};
    for (const Collection& one : collections_) {
      if (one.id == target_.collection) collection_ = &one;
    }
    if (collection_ == nullptr) return not_there();
    ENTENTE_TRY(members_, source_.members(collection_->id));
    if (target_.kind == Kind::Collection) return {};
    for (const Ref& one : members_) {
      if (one.id == target_.member) member_ = &one;
    }
    return member_ == nullptr ? not_there() : Status();
  }
  static Status not_there() { return Status(Code::NotFound, Reason::None, "not found"); }

  // The place of the format that `version` names; the first one if none does.
  std::size_t format_of(const std::function<bool(const std::string&)>& is_asked) const {
    for (std::size_t i = 1; i < flavour_.formats.size(); ++i) {
      if (is_asked(flavour_.formats[i].version)) return i;
    }
    return 0;
  }

  net::HttpResponse get() {
    if (target_.kind != Kind::Member) return answer(404);
    const std::string_view accept = header(request_, "accept");
    const std::size_t which = format_of([&](const std::string& version) {
      return accept.find("version=" + version) != std::string_view::npos;
    });
    const Flavour::Format& format = flavour_.formats[which];
    const std::string tag = quoted_tag(member_->etag, format);
    const auto with_tag = [&](net::HttpResponse response) {
      response.headers.emplace_back("etag", tag);
      response.headers.emplace_back("vary", "accept");
      return response;
    };
    if (is_known(request_, tag)) return with_tag(answer(304));
    Result<Member> member = source_.member(collection_->id, member_->id, which);
    if (!member.ok()) return failure(member.status());
    return with_tag(answer(200, std::move(member->text), format.content_type));
  }

  // --- PROPFIND (RFC 4918 section 9.1) ---

  net::HttpResponse propfind() {
    const std::string_view depth = header(request_, "depth");
    if (depth != "0" && depth != "1") return refusal(403, "D:propfind-finite-depth");
    std::vector<Wanted> wanted = all_properties();
    bool names_only = false;
    if (!request_.body.empty()) {
      const Result<XmlNode> body = parse_xml(request_.body);
      if (!body.ok()) return failure(body.status());
      if (!body->is(dav_space, "propfind"))
        return failure(invalid_argument("body", "is no propfind"));
      names_only = body->find(dav_space, "propname") != nullptr;
      if (const XmlNode* prop = body->find(dav_space, "prop")) wanted = wanted_of(*prop);
    }
    std::string responses = response_of(flavour_, itself(), wanted, names_only);
    if (depth == "1") {
      for (const Resource& child : children()) {
        responses += response_of(flavour_, child, wanted, names_only);
      }
    }
    return multistatus(responses);
  }

  static std::vector<Wanted> wanted_of(const XmlNode& prop) {
    std::vector<Wanted> wanted;
    for (const XmlNode& child : prop.children) wanted.push_back({child.space, child.name});
    return wanted;
  }

  Resource itself() const {
    switch (target_.kind) {
      case Kind::Root:
        return {Kind::Root, flavour_.root, nullptr, nullptr, nullptr};
      case Kind::Home:
        return {Kind::Home, flavour_.home, nullptr, nullptr, nullptr};
      case Kind::Collection:
        return resource_of(*collection_);
      default:
        return resource_of(*member_, nullptr);
    }
  }
  Resource resource_of(const Collection& one) const {
    return {Kind::Collection, href_of(flavour_, one.id), &one, nullptr, nullptr};
  }
  Resource resource_of(const Ref& member, const std::string* data) const {
    return {Kind::Member, href_of(flavour_, collection_->id, member.id), collection_, &member,
            data};
  }

  std::vector<Resource> children() const {
    std::vector<Resource> children;
    if (target_.kind == Kind::Root) {
      children.push_back({Kind::Home, flavour_.home, nullptr, nullptr, nullptr});
    } else if (target_.kind == Kind::Home) {
      for (const Collection& one : collections_) children.push_back(resource_of(one));
    } else if (target_.kind == Kind::Collection) {
      for (const Ref& member : members_) children.push_back(resource_of(member, nullptr));
    }
    return children;
  }

  // --- REPORT ---

  // What a report asks of each member.
  struct Asked {
    std::vector<Wanted> wanted = all_properties();
    bool data = false;
    std::size_t format = 0;
  };

  Asked asked_by(const XmlNode& body) const {
    Asked asked;
    const XmlNode* prop = body.find(dav_space, "prop");
    if (prop == nullptr) return asked;
    asked.wanted = wanted_of(*prop);
    const XmlNode* data = prop->find(flavour_.space, flavour_.data);
    if (data == nullptr) return asked;
    asked.data = true;
    asked.format = format_of(
        [&](const std::string& version) { return data->attribute("version") == version; });
    return asked;
  }

  net::HttpResponse report() {
    if (target_.kind != Kind::Collection) return refusal(403, "D:supported-report");
    const Result<XmlNode> body = parse_xml(request_.body);
    if (!body.ok()) return failure(body.status());
    if (body->is(flavour_.space, flavour_.collection + "-multiget")) return multiget(*body);
    if (body->is(flavour_.space, flavour_.collection + "-query")) return query(*body);
    if (body->is(dav_space, "sync-collection")) return sync(*body);
    return refusal(403, "D:supported-report");
  }

  // Adds a member to `responses`; one that went away meanwhile as gone.
  Status add_member(const Ref& ref, const Asked& asked, std::string& responses) {
    std::string data;
    if (asked.data) {
      Result<Member> member = source_.member(collection_->id, ref.id, asked.format);
      if (!member.ok() && member.status().code() == Code::NotFound) {
        responses += gone_response(href_of(flavour_, collection_->id, ref.id));
        return {};
      }
      if (!member.ok()) return member.status();
      data = std::move(member->text);
    }
    responses +=
        response_of(flavour_, resource_of(ref, asked.data ? &data : nullptr), asked.wanted, false);
    return {};
  }

  net::HttpResponse multiget(const XmlNode& body) {
    const Asked asked = asked_by(body);
    std::string responses;
    std::size_t count = 0;
    for (const XmlNode& child : body.children) {
      if (!child.is(dav_space, "href")) continue;
      if (++count > limits::dav_multiget_max) {
        return refusal(403, "D:number-of-matches-within-limits");
      }
      const Target target = target_of(flavour_, path_of(child.text));
      const auto member = std::find_if(members_.begin(), members_.end(), [&](const Ref& one) {
        return target.kind == Kind::Member && target.collection == collection_->id &&
               one.id == target.member;
      });
      if (member == members_.end()) {
        responses += gone_response(child.text);
        continue;
      }
      if (const Status status = add_member(*member, asked, responses); !status.ok()) {
        return failure(status);
      }
    }
    return multistatus(responses);
  }

  net::HttpResponse query(const XmlNode& body) {
    const Asked asked = asked_by(body);
    const XmlNode* node = body.find(flavour_.space, "filter");
    const std::optional<Flavour::Filter> filter =
        node == nullptr ? Flavour::Filter() : flavour_.filter(*node);
    if (!filter) return refusal(403, "C:supported-filter");
    std::size_t results_max = members_.size();
    if (const XmlNode* limit = body.find(flavour_.space, "limit")) {
      const XmlNode* count = limit->find(flavour_.space, "nresults");
      if (count != nullptr && !count->text.empty() && count->text.size() <= 6 &&
          count->text.find_first_not_of("0123456789") == std::string::npos) {
        results_max = std::min<std::size_t>(results_max, std::stoul(count->text));
      }
    }
    std::string responses;
    std::size_t results = 0;
    for (const Ref& ref : members_) {
      if (*filter) {
        const Result<Member> member = source_.member(collection_->id, ref.id, 0);
        if (!member.ok() && member.status().code() == Code::NotFound) continue;
        if (!member.ok()) return failure(member.status());
        if (!(*filter)(*member)) continue;
      }
      if (results++ == results_max) {
        // RFC 6352 section 8.6.1: truncated, and said to be.
        responses += "<D:response><D:href>" + markup_text(href_of(flavour_, collection_->id)) +
                     "</D:href><D:status>HTTP/1.1 507 Insufficient Storage</D:status>"
                     "</D:response>\n";
        break;
      }
      if (const Status status = add_member(ref, asked, responses); !status.ok()) {
        return failure(status);
      }
    }
    return multistatus(responses);
  }

  net::HttpResponse sync(const XmlNode& body) {
    constexpr std::string_view scheme = "data:,";  // a token is a URI (RFC 6578 section 3.2)
    const Asked asked = asked_by(body);
    const XmlNode* token_node = body.find(dav_space, "sync-token");
    const std::string token = token_node == nullptr ? "" : token_node->text;
    Changes changes;
    if (token.empty()) {
      changes.changed = members_;
    } else {
      if (!token.starts_with(scheme)) return refusal(403, "D:valid-sync-token");
      Result<std::optional<Changes>> since =
          source_.changes_since(collection_->id, token.substr(scheme.size()));
      if (!since.ok()) return failure(since.status());
      if (!since->has_value()) return refusal(403, "D:valid-sync-token");
      changes = std::move(**since);
    }
    std::string responses;
    for (const Ref& member : changes.changed) {
      if (const Status status = add_member(member, asked, responses); !status.ok()) {
        return failure(status);
      }
    }
    for (const std::string& id : changes.removed) {
      responses += gone_response(href_of(flavour_, collection_->id, id));
    }
    responses += "<D:sync-token>" + markup_text(std::string(scheme) + collection_->sync_token) +
                 "</D:sync-token>\n";
    return multistatus(responses);
  }

  const net::HttpRequest& request_;
  const Flavour& flavour_;
  Collections& source_;
  Target target_;
  std::vector<Collection> collections_;
  std::vector<Ref> members_;
  const Collection* collection_ = nullptr;
  const Ref* member_ = nullptr;
};

}  // namespace

net::HttpResponse serve(const net::HttpRequest& request, const Flavour& flavour,
                        Collections& collections) {
  return Server(request, flavour, collections).serve();
}

std::string collection_in(const Flavour& flavour, std::string_view path) {
  const Target target = target_of(flavour, path);
  return target.collection;
}

}  // namespace entente::dav
