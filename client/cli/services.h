// What the services are called, as a call names them: `statistics_service + "GetData"`.
#pragma once

#include <string>

namespace entente::cli {

inline const std::string access_service = "entente.v1.AccessService.";
inline const std::string account_service = "entente.v1.AccountService.";
inline const std::string attendance_service = "entente.v1.AttendanceService.";
inline const std::string certificate_service = "entente.v1.CertificateService.";
inline const std::string circulation_service = "entente.v1.CirculationService.";
inline const std::string comparison_service = "entente.v1.ComparisonService.";
inline const std::string consent_service = "entente.v1.ConsentService.";
inline const std::string document_service = "entente.v1.DocumentService.";
inline const std::string history_service = "entente.v1.HistoryService.";
inline const std::string ledger_service = "entente.v1.LedgerService.";
inline const std::string mapping_service = "entente.v1.MappingService.";
inline const std::string meeting_record_service = "entente.v1.MeetingRecordService.";
inline const std::string meeting_service = "entente.v1.MeetingService.";
inline const std::string notice_service = "entente.v1.NoticeService.";
inline const std::string process_life_service = "entente.v1.ProcessLifeService.";
inline const std::string session_service = "entente.v1.SessionService.";
inline const std::string statistics_service = "entente.v1.StatisticsService.";
inline const std::string structure_service = "entente.v1.StructureService.";

}  // namespace entente::cli
