// serve_sample: reads one HTTP request on standard input (as JSON lines would be overdone: method,
// path, header count, headers, then the body), answers it from a small set of address books on
// standard output. What carddav_clients_test.py puts behind a socket for clients that are not ours.
#include <iostream>
#include <iterator>

#include "tests/formats/address_books.h"

int main() {
  using namespace entente::directory;
  testing::SampleBooks books;
  const Network network = testing::network();
  for (const Entry& entry : testing::demo_entries(network)) {
    for (const EntryOffice& office : entry.offices) {
      if (office.process == "igc" || office.process == "budapest") books.add(office.process, entry);
    }
  }
  entente::net::HttpRequest request;
  std::string count;
  std::getline(std::cin, request.method);
  std::getline(std::cin, request.path);
  std::getline(std::cin, count);
  for (int i = std::stoi(count); i > 0; --i) {
    std::string name;
    std::string value;
    std::getline(std::cin, name);
    std::getline(std::cin, value);
    request.headers.emplace_back(name, value);
  }
  request.body.assign(std::istreambuf_iterator<char>(std::cin), {});
  const auto response = entente::dav::serve(request, carddav(), books);
  std::cout << response.status << '\n';
  for (const auto& [name, value] : response.headers) std::cout << name << ": " << value << '\n';
  std::cout << '\n' << response.body;
}
