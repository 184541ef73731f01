// What net/ answers itself: gRPC's health checking and server reflection. Both show the schema and
// a heartbeat, no content; both stand behind the client certificate like everything else.
#include <google/protobuf/descriptor.pb.h>

#include <set>

#include "grpc/health/v1/health.pb.h"
#include "grpc/reflection/v1/reflection.pb.h"
#include "grpc/reflection/v1alpha/reflection.pb.h"
#include "server/net/server.h"

namespace entente::net {
namespace {

namespace health = grpc::health::v1;
using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;

std::set<std::string> services_of(const MethodTable& table) {
  std::set<std::string> names;
  for (const auto& [path, method] : table.methods())
    names.insert(method.descriptor->service()->full_name());
  return names;
}

// Says the present state, then waits for the client to go: the state changes only when the daemon
// ends.
class HealthWatch final : public Source {
 public:
  explicit HealthWatch(health::HealthCheckResponse::ServingStatus status) : status_(status) {}
  Result<Next> next(Message& out) override {
    if (std::exchange(said_, true)) return Next::Wait;
    static_cast<health::HealthCheckResponse&>(out).set_status(status_);
    return Next::Message;
  }

 private:
  health::HealthCheckResponse::ServingStatus status_;
  bool said_ = false;
};

// `file` and all that it imports, itself first.
void add_files(const FileDescriptor& file, std::set<std::string>& seen,
               std::vector<std::string>& out) {
  if (!seen.insert(file.name()).second) return;
  google::protobuf::FileDescriptorProto proto;
  file.CopyTo(&proto);
  out.push_back(proto.SerializeAsString());
  for (int i = 0; i < file.dependency_count(); ++i) add_files(*file.dependency(i), seen, out);
}

const FileDescriptor* find_extension(const std::string& type, int number) {
  const auto* pool = DescriptorPool::generated_pool();
  const auto* containing = pool->FindMessageTypeByName(type);
  const auto* extension =
      containing == nullptr ? nullptr : pool->FindExtensionByNumber(containing, number);
  return extension == nullptr ? nullptr : extension->file();
}

// The two versions differ in their package only, so one template serves both.
template <typename Req, typename Rep>
class Reflection final : public Exchange {
 public:
  explicit Reflection(std::set<std::string> services) : services_(std::move(services)) {}

  Status on_message(const Message& in, const Send& send) override {
    const auto& request = static_cast<const Req&>(in);
    Rep reply;
    reply.set_valid_host(request.host());
    *reply.mutable_original_request() = request;
    answer(request, reply);
    send(reply);
    return Status();
  }
  Status on_end(const Send&) override { return Status(); }

 private:
  void answer(const Req& request, Rep& reply) const {
    const auto* pool = DescriptorPool::generated_pool();
    switch (request.message_request_case()) {
      case Req::kListServices:
        for (const std::string& name : services_) {
          reply.mutable_list_services_response()->add_service()->set_name(name);
        }
        return;
      case Req::kFileByFilename:
        return give(pool->FindFileByName(request.file_by_filename()), reply);
      case Req::kFileContainingSymbol:
        return give(pool->FindFileContainingSymbol(request.file_containing_symbol()), reply);
      case Req::kFileContainingExtension:
        return give(find_extension(request.file_containing_extension().containing_type(),
                                   request.file_containing_extension().extension_number()),
                    reply);
      case Req::kAllExtensionNumbersOfType:
        return numbers(request.all_extension_numbers_of_type(), reply);
      default:
        return refuse(Code::InvalidArgument, "nothing was asked", reply);
    }
  }

  static void numbers(const std::string& type, Rep& reply) {
    const auto* pool = DescriptorPool::generated_pool();
    const auto* message = pool->FindMessageTypeByName(type);
    if (message == nullptr) return refuse(Code::NotFound, "no such type", reply);
    std::vector<const google::protobuf::FieldDescriptor*> extensions;
    pool->FindAllExtensions(message, &extensions);
    auto* response = reply.mutable_all_extension_numbers_response();
    response->set_base_type_name(type);
    for (const auto* extension : extensions) response->add_extension_number(extension->number());
  }

  static void give(const FileDescriptor* file, Rep& reply) {
    if (file == nullptr) return refuse(Code::NotFound, "not in this schema", reply);
    std::set<std::string> seen;
    std::vector<std::string> files;
    add_files(*file, seen, files);
    for (std::string& bytes : files) {
      reply.mutable_file_descriptor_response()->add_file_descriptor_proto(std::move(bytes));
    }
  }

  static void refuse(Code code, const char* why, Rep& reply) {
    reply.mutable_error_response()->set_error_code(static_cast<int>(code));
    reply.mutable_error_response()->set_error_message(why);
  }

  std::set<std::string> services_;
};

}  // namespace

void add_health(MethodTable& table, std::function<bool()> serving) {
  // A static library gives only what is asked of it by name: without this, a daemon that makes no
  // health message itself would lack the service's descriptor, and end at its start.
  (void)health::HealthCheckRequest::descriptor();
  // Which services there are is known only once all are registered, so it is asked at each check.
  const auto check = [&table, serving = std::move(serving)](const std::string& service) {
    if (!service.empty() && services_of(table).count(service) == 0) {
      return health::HealthCheckResponse::SERVICE_UNKNOWN;
    }
    return serving() ? health::HealthCheckResponse::SERVING
                     : health::HealthCheckResponse::NOT_SERVING;
  };
  table.add_unary("grpc.health.v1.Health.Check", [check](Call&, const Message& in, Message& out) {
    const auto status = check(static_cast<const health::HealthCheckRequest&>(in).service());
    if (status == health::HealthCheckResponse::SERVICE_UNKNOWN) {
      return Status(Code::NotFound, Reason::None, "no such service");
    }
    static_cast<health::HealthCheckResponse&>(out).set_status(status);
    return Status();
  });
  table.add_stream("grpc.health.v1.Health.Watch",
                   [check](Call&, const Message& in, Waker) -> Result<std::unique_ptr<Source>> {
                     return std::unique_ptr<Source>(std::make_unique<HealthWatch>(
                         check(static_cast<const health::HealthCheckRequest&>(in).service())));
                   });
}

void add_reflection(MethodTable& table) {
  namespace v1 = grpc::reflection::v1;
  namespace v1alpha = grpc::reflection::v1alpha;
  const std::set<std::string> services = services_of(table);
  table.add_exchange("grpc.reflection.v1.ServerReflection.ServerReflectionInfo",
                     [services](Call&) -> Result<std::unique_ptr<Exchange>> {
                       using Ours =
                           Reflection<v1::ServerReflectionRequest, v1::ServerReflectionResponse>;
                       return std::unique_ptr<Exchange>(std::make_unique<Ours>(services));
                     });
  table.add_exchange(
      "grpc.reflection.v1alpha.ServerReflection.ServerReflectionInfo",
      [services](Call&) -> Result<std::unique_ptr<Exchange>> {
        using Ours =
            Reflection<v1alpha::ServerReflectionRequest, v1alpha::ServerReflectionResponse>;
        return std::unique_ptr<Exchange>(std::make_unique<Ours>(services));
      });
}

}  // namespace entente::net
