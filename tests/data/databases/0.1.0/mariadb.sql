-- MariaDB dump 10.19  Distrib 10.11.19-MariaDB, for debian-linux-gnu (x86_64)
--
-- Host: 127.0.0.1    Database: cairn_0
-- ------------------------------------------------------
-- Server version	10.11.19-MariaDB-0+deb12u1

/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET @OLD_CHARACTER_SET_RESULTS=@@CHARACTER_SET_RESULTS */;
/*!40101 SET @OLD_COLLATION_CONNECTION=@@COLLATION_CONNECTION */;
/*!40101 SET NAMES utf8mb4 */;
/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
/*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */;

--
-- Table structure for table `cairn_version`
--

DROP TABLE IF EXISTS `cairn_version`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `cairn_version` (
  `version_num` varchar(32) NOT NULL,
  PRIMARY KEY (`version_num`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `cairn_version`
--

LOCK TABLES `cairn_version` WRITE;
/*!40000 ALTER TABLE `cairn_version` DISABLE KEYS */;
INSERT INTO `cairn_version` VALUES
('0001');
/*!40000 ALTER TABLE `cairn_version` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `dataset`
--

DROP TABLE IF EXISTS `dataset`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `dataset` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `experiment` bigint(20) NOT NULL,
  `name` varchar(500) NOT NULL,
  `digest` varchar(36) NOT NULL,
  `source_type` longtext NOT NULL,
  `source` longtext NOT NULL,
  `schema` longtext DEFAULT NULL,
  `profile` longtext DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_dataset_experiment_name_digest` (`experiment`,`name`,`digest`),
  CONSTRAINT `fk_dataset_experiment` FOREIGN KEY (`experiment`) REFERENCES `experiment` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB AUTO_INCREMENT=3 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `dataset`
--

LOCK TABLES `dataset` WRITE;
/*!40000 ALTER TABLE `dataset` DISABLE KEYS */;
INSERT INTO `dataset` VALUES
(1,1,'iris','d1','local','{}',NULL,'{}');
/*!40000 ALTER TABLE `dataset` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `experiment`
--

DROP TABLE IF EXISTS `experiment`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `experiment` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `name` varchar(500) NOT NULL,
  `artifact_location` varchar(2048) NOT NULL,
  `lifecycle_stage` varchar(8) NOT NULL,
  `creation_time` bigint(20) NOT NULL,
  `last_update_time` bigint(20) NOT NULL,
  `deleted_time` bigint(20) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_experiment_name` (`name`)
) ENGINE=InnoDB AUTO_INCREMENT=3 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `experiment`
--

LOCK TABLES `experiment` WRITE;
/*!40000 ALTER TABLE `experiment` DISABLE KEYS */;
INSERT INTO `experiment` VALUES
(0,'Default','mlflow-artifacts:/0','active',1795267010424,1795267010424,NULL),
(1,'naïve 🎈','mlflow-artifacts:/1','active',1795267010428,1795267010428,NULL),
(2,'gone','mlflow-artifacts:/2','deleted',1795267010430,1795267010749,1795267010749);
/*!40000 ALTER TABLE `experiment` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `experiment_tag`
--

DROP TABLE IF EXISTS `experiment_tag`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `experiment_tag` (
  `experiment` bigint(20) NOT NULL,
  `key` varchar(250) NOT NULL,
  `value` longtext NOT NULL,
  PRIMARY KEY (`experiment`,`key`),
  CONSTRAINT `fk_experiment_tag_experiment` FOREIGN KEY (`experiment`) REFERENCES `experiment` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `experiment_tag`
--

LOCK TABLES `experiment_tag` WRITE;
/*!40000 ALTER TABLE `experiment_tag` DISABLE KEYS */;
INSERT INTO `experiment_tag` VALUES
(1,'Team',''),
(1,'team','väx ✓ 🎈');
/*!40000 ALTER TABLE `experiment_tag` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `input_tag`
--

DROP TABLE IF EXISTS `input_tag`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `input_tag` (
  `input` bigint(20) NOT NULL,
  `key` varchar(255) NOT NULL,
  `value` varchar(500) NOT NULL,
  PRIMARY KEY (`input`,`key`),
  CONSTRAINT `fk_input_tag_input` FOREIGN KEY (`input`) REFERENCES `run_input` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `input_tag`
--

LOCK TABLES `input_tag` WRITE;
/*!40000 ALTER TABLE `input_tag` DISABLE KEYS */;
INSERT INTO `input_tag` VALUES
(1,'mlflow.data.context','train'),
(2,'mlflow.data.context','train');
/*!40000 ALTER TABLE `input_tag` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `metric_batch`
--

DROP TABLE IF EXISTS `metric_batch`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `metric_batch` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `run` bigint(20) NOT NULL,
  `source` varchar(64) DEFAULT NULL,
  `sequence` bigint(20) DEFAULT NULL,
  `points` int(11) NOT NULL,
  `payload` longblob NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_metric_batch_run_source_sequence` (`run`,`source`,`sequence`),
  CONSTRAINT `fk_metric_batch_run` FOREIGN KEY (`run`) REFERENCES `run` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB AUTO_INCREMENT=93 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `metric_batch`
--

LOCK TABLES `metric_batch` WRITE;
/*!40000 ALTER TABLE `metric_batch` DISABLE KEYS */;
INSERT INTO `metric_batch` VALUES
(72,2,NULL,NULL,6,0x0228B52FFD204FAD0100540201036F64640606FDFF00E0FF0100080100000000019A009900F8F0F00000B97F7FFF80003F060029094060100644817B077004),
(73,2,'client',0,4,0x0228B52FFD204B9D0100840202066C6F73732F303102040068E5CF8B01000001010802FF0202FF0200550000F0D5E0D03F3F3F3F03007694E11E995BB8),
(74,2,'client',1,4,0x0228B52FFD204BFD0100340302066C6F73732F3031020404000468E5CF8B01000001010802FF0202FF029A925500992455009949550099C9C2C5C03F3F3F3F0300BE18871B7A59E102),
(75,2,'client',2,4,0x0102066C6F73732F3002066C6F73732F31020408000000000000000868E5CF8B01000001010802FF0202FF021C469A55C7179955715D99551C749955C7D1995571459955BCB7B9B53F3F3F3F),
(76,3,NULL,NULL,6,0x0228B52FFD204FAD0100540201036F64640606FDFF00E0FF0100080100000000019A009900F8F0F00000B97F7FFF80003F060029094060100644817B077004),
(77,3,'client',0,4,0x0228B52FFD204B9D0100840202066C6F73732F303102040068E5CF8B01000001010802FF0202FF0200550000F0D5E0D03F3F3F3F03007694E11E995BB8),
(78,3,'client',1,4,0x0228B52FFD204BFD0100340302066C6F73732F3031020404000468E5CF8B01000001010802FF0202FF029A925500992455009949550099C9C2C5C03F3F3F3F0300BE18871B7A59E102),
(79,3,'client',2,4,0x0102066C6F73732F3002066C6F73732F31020408000000000000000868E5CF8B01000001010802FF0202FF021C469A55C7179955715D99551C749955C7D1995571459955BCB7B9B53F3F3F3F),
(80,4,NULL,NULL,6,0x0228B52FFD204FAD0100540201036F64640606FDFF00E0FF0100080100000000019A009900F8F0F00000B97F7FFF80003F060029094060100644817B077004),
(81,4,'client',0,4,0x0228B52FFD204B9D0100840202066C6F73732F303102040068E5CF8B01000001010802FF0202FF0200550000F0D5E0D03F3F3F3F03007694E11E995BB8),
(82,4,'client',1,4,0x0228B52FFD204BFD0100340302066C6F73732F3031020404000468E5CF8B01000001010802FF0202FF029A925500992455009949550099C9C2C5C03F3F3F3F0300BE18871B7A59E102),
(83,4,'client',2,4,0x0102066C6F73732F3002066C6F73732F31020408000000000000000868E5CF8B01000001010802FF0202FF021C469A55C7179955715D99551C749955C7D1995571459955BCB7B9B53F3F3F3F),
(84,5,NULL,NULL,6,0x0228B52FFD204FAD0100540201036F64640606FDFF00E0FF0100080100000000019A009900F8F0F00000B97F7FFF80003F060029094060100644817B077004),
(85,5,'client',0,4,0x0228B52FFD204B9D0100840202066C6F73732F303102040068E5CF8B01000001010802FF0202FF0200550000F0D5E0D03F3F3F3F03007694E11E995BB8),
(86,5,'client',1,4,0x0228B52FFD204BFD0100340302066C6F73732F3031020404000468E5CF8B01000001010802FF0202FF029A925500992455009949550099C9C2C5C03F3F3F3F0300BE18871B7A59E102),
(87,5,'client',2,4,0x0102066C6F73732F3002066C6F73732F31020408000000000000000868E5CF8B01000001010802FF0202FF021C469A55C7179955715D99551C749955C7D1995571459955BCB7B9B53F3F3F3F),
(88,6,NULL,NULL,6,0x0228B52FFD204FAD0100540201036F64640606FDFF00E0FF0100080100000000019A009900F8F0F00000B97F7FFF80003F060029094060100644817B077004),
(89,6,'client',0,4,0x0228B52FFD204B9D0100840202066C6F73732F303102040068E5CF8B01000001010802FF0202FF0200550000F0D5E0D03F3F3F3F03007694E11E995BB8),
(90,6,'client',1,4,0x0228B52FFD204BFD0100340302066C6F73732F3031020404000468E5CF8B01000001010802FF0202FF029A925500992455009949550099C9C2C5C03F3F3F3F0300BE18871B7A59E102),
(91,6,'client',2,4,0x0102066C6F73732F3002066C6F73732F31020408000000000000000868E5CF8B01000001010802FF0202FF021C469A55C7179955715D99551C749955C7D1995571459955BCB7B9B53F3F3F3F),
(92,1,NULL,NULL,6,0x0228B52FFD204FAD0100540201036F64640606FDFF00E0FF0100080100000000019A009900F8F0F00000B97F7FFF80003F060029094060100644817B077004);
/*!40000 ALTER TABLE `metric_batch` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `metric_chunk`
--

DROP TABLE IF EXISTS `metric_chunk`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `metric_chunk` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `run` bigint(20) NOT NULL,
  `key` varchar(250) NOT NULL,
  `points` int(11) NOT NULL,
  `first_step` bigint(20) NOT NULL,
  `last_step` bigint(20) NOT NULL,
  `payload` longblob NOT NULL,
  PRIMARY KEY (`id`),
  KEY `ix_metric_chunk_run_key` (`run`,`key`),
  CONSTRAINT `fk_metric_chunk_run` FOREIGN KEY (`run`) REFERENCES `run` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB AUTO_INCREMENT=3 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `metric_chunk`
--

LOCK TABLES `metric_chunk` WRITE;
/*!40000 ALTER TABLE `metric_chunk` DISABLE KEYS */;
INSERT INTO `metric_chunk` VALUES
(1,1,'loss/0',140,0,278,0x0228B52FFD608B04D51E00B43B8C010068E5CF8B0100000101080200559A921C4614111E2818647B689684081DD01AFAF417573914C19E700D3B102067DB0BE04FBED9E0AA18C8701706ED155BFB0214BFA035781D121190A7FC08F071C0748A347491F0F78BD91B6D02027229D34ADD40C3B1BCC790F940E7C03AEB156E679A87FBE76348B290974013F1DFD974299C793B331196C854C6041A102012B5B502EBE4731ECA8AB200559924C7173B111EAF8621142F7B101FD4BAA418056C10051478121F27DA04F8B7819BC01B6333E9F318A481681658F8BFD9A938102C27FB8118C89C10A9040742ECE5862CC0E1F8063380701A4BA1B8E218B0BE7FECA9DE37722262155A6B0F50AFD0CF1F13AB7F07BCD1802BB092BCC0B8EDA273CD30F0469D09F7345E10E0FADB0A8E01501AE01D7F7200559949715DB1111EA1610BAEA11A427C41C1419C7DC1932F142BE4C175BC4181F0B90381E86A10D66B18780B815881E25262E4812B818121A28135E668F102FC4A0101F8B86E5EC394DA6CC5D07AE40CD030ABB201E0344643535101D00150F40125B2F5D5B07B18DE57304B0188809A673F468C420A5DFE8F250147D71F101F01A02345BA97DC01A01E75005599921C7413111EBC185947BD6108F01D141A8F41162BA714FB297D5F4F101FAB768903B46095FC0F18815C166030EAA065BC134A4DB881AD11116B0AD281019EB3C9E3548F0501893D401AA6F94EF8498DF07AFD08E47F6BD16A77B86B3C481587E3C7253FA42CF35B01C0AD1270780C3B4080890EE710A8EC390AF7B510E0AAAC44F87AA5791EDC2380D13B111E8686C8E184B921C1D4F9A4C15F6C88E0141C41041E7104F83160560781EF8EB0B9184CE06881D207D6F82C38E3FB50B70618C8F5814D407F65073AD6B6B5B38F2B6C367001D3D1E4FB01E5970522DC28F73CECFA5B05ED0950B839CB6601951C8DE4192504B0225647EF4A53065F58F020E63F269791101F1C10F6C7801A91E001F2AC45B1111EF261427AF6A7840741AC41F9D0C1C9E514529EF75BC9418191AED80E4E98EC48AC188A0281058E1DAF46E28123C9731FCF8135ECA66220C044CC57E5770CA43FDD7D20C56D16C27020D3863CF4AD6724E1A16123E7AC713901CA95602DFBC999693A0DE0B4885E340BE2BB946E4823FEDBB79573513010E0A16325E9AE743A01CA925CF0D5C9C2BCB7B3B1AEAAA8A6A4A2A1A09F9D9B9A9897969594949392919190908F8E8D8C8C8B8A898988888787868685858484838383828282818181808080807F7F7E7E7D7D7D7C7C7B7B7B7A7A7A79797978787877777777767676767574747474737271706F6F6F6F6E6D6D6D3F0B000840045805C9401320179C2EE34C1EA049304E979024809A2F7003),
(2,1,'loss/1',140,1,279,0x0228B52FFD608B04E51D0024398C0101000168E5CF8B01000001010802000055009A5592001C9A4655149211001E1C289A184664557B14689296118400081E1D1CD0281A9AFA18F44617645755397B1414C1689E9270960D113B8410002008671EDB1D0B1CE0D04F28BE1AD99AE0FAAA1818F4C846701717640657ED5515395B7BFB14021414C1BF68A09E359278701D96120D1111903BA784FC100800F0207108C067741E8ADB341D99552400C79917553B2411001EC7AF9986172155143B2F247B1110001F1ED4C7BAAFA499188605176C2110550514143B782F12241F7B2711DA100400F81FB71E81D49BC7C0BA1BAF63A43399E918F3861805A417816C682116105855F805BF14D914A93B3878102F2C122724FB1F817B1827C8119CDA1010A904040007F8421FECB7E51E86812CD4490071995D55B14911001E71A199615D0B55AEB1A1491A1142007C1E4171C1A141999C617D5DC10B93552FAE14B12BA1E449C11A7511BC424100817CF01EB941037181C1E8A16A411099D69C6B61187D785D0BC1810B58938155E22F52AE6214E4B1812B2BA181E4814921C1A21A81753511E6BC6842F1410200FC814A7C01F0011EF8B9B84192001C99745513BC99187459554713BD9261110800F01E1D1C14BC1A998F18417416592B55A7471413FBBD29927D615F114F0810001FF0AB1E761D891C0314B4BC601A9599FC8F0F18184181745C161659602B3055EAA7A0476514BC1313FB4ABD4D29B892817DAD61115F11116B4F0A08D2108100011F9EF0B3ABC91EE37654D1869986D1C855E13B8424B9112100C11ED4C7F986A499C1865FD16CC88855E0E1143B1C84412404B91E1171210400F8C1311E60D456C707F98186EFA48E99B0C1B986185F4CD1E06C68C88188D25507E0D6E1F8142C3B381CE384FB415024B70406B9181EC811F57181214D0440007FF865C107313A1ED660B645F299614542557AB1F649A7118400071E4171ACF24199F961D045C142C955E57A14B152F69E49F7A75B11C98441008107911EAE41D8710EAC4EF29841EC9948F9AC6118D08A4502C1814205C98E551DE5AF7A4614E2B1815223F6C99E73491FF7CFA7815B3511ECC9A68462412000C0814407CC91571EE5AE7741E0D0C5C0B9B5B2B0ACA9A7A5A3A2A1A09E9C9A999897969594939292919190908F8E8D8C8B8A8A898888878786868585848484838382828281818181808080807F7F7E7E7D7D7C7C7C7B7B7A7A7A7979797878787877777777767676767575757574737271706F6F6F6F6E6E6E6E6D6D6D6D3F100008401F640646C01D30C6C55904B2E4C01890250733A7EB6E0318120123190F134809A0120688);
/*!40000 ALTER TABLE `metric_chunk` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `metric_latest`
--

DROP TABLE IF EXISTS `metric_latest`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `metric_latest` (
  `run` bigint(20) NOT NULL,
  `key` varchar(250) NOT NULL,
  `value` double DEFAULT NULL COMMENT 'NULL stands for NaN',
  `step` bigint(20) NOT NULL,
  `timestamp` bigint(20) NOT NULL,
  `low` double DEFAULT NULL COMMENT 'smallest value that is a number',
  `high` double DEFAULT NULL COMMENT 'largest value that is a number',
  PRIMARY KEY (`run`,`key`),
  CONSTRAINT `fk_metric_latest_run` FOREIGN KEY (`run`) REFERENCES `run` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `metric_latest`
--

LOCK TABLES `metric_latest` WRITE;
/*!40000 ALTER TABLE `metric_latest` DISABLE KEYS */;
INSERT INTO `metric_latest` VALUES
(1,'loss/0',0.0035842293906810036,278,1700000000278,0.0035842293906810036,1),
(1,'loss/1',0.0035714285714285713,279,1700000000279,0.0035714285714285713,0.5),
(1,'odd',0.1,2,-9007199254740992,-1.7976931348623157e308,1.7976931348623157e308),
(2,'loss/0',0.09090909090909091,10,1700000000010,0.09090909090909091,1),
(2,'loss/1',0.08333333333333333,11,1700000000011,0.08333333333333333,0.5),
(2,'odd',0.1,2,-9007199254740992,-1.7976931348623157e308,1.7976931348623157e308),
(3,'loss/0',0.09090909090909091,10,1700000000010,0.09090909090909091,1),
(3,'loss/1',0.08333333333333333,11,1700000000011,0.08333333333333333,0.5),
(3,'odd',0.1,2,-9007199254740992,-1.7976931348623157e308,1.7976931348623157e308),
(4,'loss/0',0.09090909090909091,10,1700000000010,0.09090909090909091,1),
(4,'loss/1',0.08333333333333333,11,1700000000011,0.08333333333333333,0.5),
(4,'odd',0.1,2,-9007199254740992,-1.7976931348623157e308,1.7976931348623157e308),
(5,'loss/0',0.09090909090909091,10,1700000000010,0.09090909090909091,1),
(5,'loss/1',0.08333333333333333,11,1700000000011,0.08333333333333333,0.5),
(5,'odd',0.1,2,-9007199254740992,-1.7976931348623157e308,1.7976931348623157e308),
(6,'loss/0',0.09090909090909091,10,1700000000010,0.09090909090909091,1),
(6,'loss/1',0.08333333333333333,11,1700000000011,0.08333333333333333,0.5),
(6,'odd',0.1,2,-9007199254740992,-1.7976931348623157e308,1.7976931348623157e308);
/*!40000 ALTER TABLE `metric_latest` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `metric_link`
--

DROP TABLE IF EXISTS `metric_link`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `metric_link` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `run` bigint(20) NOT NULL,
  `key` varchar(250) NOT NULL,
  `step` bigint(20) NOT NULL,
  `timestamp` bigint(20) NOT NULL,
  `model_id` varchar(64) DEFAULT NULL,
  `dataset_name` varchar(500) DEFAULT NULL,
  `dataset_digest` varchar(36) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `ix_metric_link_run` (`run`),
  CONSTRAINT `fk_metric_link_run` FOREIGN KEY (`run`) REFERENCES `run` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `metric_link`
--

LOCK TABLES `metric_link` WRITE;
/*!40000 ALTER TABLE `metric_link` DISABLE KEYS */;
/*!40000 ALTER TABLE `metric_link` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `metric_source`
--

DROP TABLE IF EXISTS `metric_source`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `metric_source` (
  `run` bigint(20) NOT NULL,
  `source` varchar(64) NOT NULL,
  `folded` longtext NOT NULL COMMENT 'JSON list of [first, last] sequences',
  PRIMARY KEY (`run`,`source`),
  CONSTRAINT `fk_metric_source_run` FOREIGN KEY (`run`) REFERENCES `run` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `metric_source`
--

LOCK TABLES `metric_source` WRITE;
/*!40000 ALTER TABLE `metric_source` DISABLE KEYS */;
INSERT INTO `metric_source` VALUES
(1,'client','[[0, 69]]');
/*!40000 ALTER TABLE `metric_source` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `param`
--

DROP TABLE IF EXISTS `param`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `param` (
  `run` bigint(20) NOT NULL,
  `key` varchar(250) NOT NULL,
  `value` longtext NOT NULL,
  PRIMARY KEY (`run`,`key`),
  CONSTRAINT `fk_param_run` FOREIGN KEY (`run`) REFERENCES `run` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `param`
--

LOCK TABLES `param` WRITE;
/*!40000 ALTER TABLE `param` DISABLE KEYS */;
INSERT INTO `param` VALUES
(1,'P','P 0 ü'),
(1,'longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong','longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong 0 ü'),
(1,'p','p 0 ü'),
(1,'p ','p  0 ü'),
(2,'P','P 1 ü'),
(2,'longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong','longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong 1 ü'),
(2,'p','p 1 ü'),
(2,'p ','p  1 ü'),
(3,'P','P 2 ü'),
(3,'longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong','longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong 2 ü'),
(3,'p','p 2 ü'),
(3,'p ','p  2 ü'),
(4,'P','P 3 ü'),
(4,'longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong','longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong 3 ü'),
(4,'p','p 3 ü'),
(4,'p ','p  3 ü'),
(5,'P','P 4 ü'),
(5,'longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong','longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong 4 ü'),
(5,'p','p 4 ü'),
(5,'p ','p  4 ü'),
(6,'P','P 5 ü'),
(6,'longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong','longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong 5 ü'),
(6,'p','p 5 ü'),
(6,'p ','p  5 ü');
/*!40000 ALTER TABLE `param` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `run`
--

DROP TABLE IF EXISTS `run`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `run` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `run_id` varchar(32) NOT NULL,
  `experiment` bigint(20) NOT NULL,
  `name` longtext NOT NULL,
  `user_id` varchar(256) NOT NULL,
  `status` varchar(16) NOT NULL,
  `start_time` bigint(20) NOT NULL,
  `end_time` bigint(20) DEFAULT NULL,
  `artifact_uri` longtext NOT NULL,
  `lifecycle_stage` varchar(8) NOT NULL,
  `deleted_time` bigint(20) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_run_run_id` (`run_id`),
  KEY `ix_run_experiment_lifecycle_stage_start_time` (`experiment`,`lifecycle_stage`,`start_time`),
  CONSTRAINT `fk_run_experiment` FOREIGN KEY (`experiment`) REFERENCES `experiment` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `run`
--

LOCK TABLES `run` WRITE;
/*!40000 ALTER TABLE `run` DISABLE KEYS */;
INSERT INTO `run` VALUES
(1,'00000000000000000000000000000001',1,'run 0','ada','FINISHED',1700000000000,1099511627776,'mlflow-artifacts:/1/00000000000000000000000000000001/artifacts','active',NULL),
(2,'00000000000000000000000000000002',1,'run 1','ada','RUNNING',1700000000001,NULL,'mlflow-artifacts:/1/00000000000000000000000000000002/artifacts','active',NULL),
(3,'00000000000000000000000000000003',1,'run 2','ada','RUNNING',1700000000002,NULL,'mlflow-artifacts:/1/00000000000000000000000000000003/artifacts','active',NULL),
(4,'00000000000000000000000000000004',1,'run 3','ada','RUNNING',1700000000003,NULL,'mlflow-artifacts:/1/00000000000000000000000000000004/artifacts','active',NULL),
(5,'00000000000000000000000000000005',1,'run 4','ada','RUNNING',1700000000004,NULL,'mlflow-artifacts:/1/00000000000000000000000000000005/artifacts','deleted',1795267010712),
(6,'00000000000000000000000000000006',2,'run 5','ada','RUNNING',1700000000005,NULL,'mlflow-artifacts:/2/00000000000000000000000000000006/artifacts','deleted',1795267010749);
/*!40000 ALTER TABLE `run` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `run_input`
--

DROP TABLE IF EXISTS `run_input`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `run_input` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `run` bigint(20) NOT NULL,
  `dataset` bigint(20) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_run_input_run_dataset` (`run`,`dataset`),
  KEY `fk_run_input_dataset` (`dataset`),
  CONSTRAINT `fk_run_input_dataset` FOREIGN KEY (`dataset`) REFERENCES `dataset` (`id`) ON DELETE CASCADE,
  CONSTRAINT `fk_run_input_run` FOREIGN KEY (`run`) REFERENCES `run` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB AUTO_INCREMENT=3 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `run_input`
--

LOCK TABLES `run_input` WRITE;
/*!40000 ALTER TABLE `run_input` DISABLE KEYS */;
INSERT INTO `run_input` VALUES
(1,1,1),
(2,2,1);
/*!40000 ALTER TABLE `run_input` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `run_model`
--

DROP TABLE IF EXISTS `run_model`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `run_model` (
  `run` bigint(20) NOT NULL,
  `direction` varchar(6) NOT NULL COMMENT 'input or output',
  `model_id` varchar(64) NOT NULL,
  `step` bigint(20) NOT NULL,
  PRIMARY KEY (`run`,`direction`,`model_id`),
  CONSTRAINT `fk_run_model_run` FOREIGN KEY (`run`) REFERENCES `run` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `run_model`
--

LOCK TABLES `run_model` WRITE;
/*!40000 ALTER TABLE `run_model` DISABLE KEYS */;
INSERT INTO `run_model` VALUES
(1,'output','m-1',2);
/*!40000 ALTER TABLE `run_model` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `tag`
--

DROP TABLE IF EXISTS `tag`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `tag` (
  `run` bigint(20) NOT NULL,
  `key` varchar(250) NOT NULL,
  `value` longtext NOT NULL,
  PRIMARY KEY (`run`,`key`),
  CONSTRAINT `fk_tag_run` FOREIGN KEY (`run`) REFERENCES `run` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `tag`
--

LOCK TABLES `tag` WRITE;
/*!40000 ALTER TABLE `tag` DISABLE KEYS */;
INSERT INTO `tag` VALUES
(1,'mlflow.runName','run 0'),
(1,'t','xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'),
(2,'mlflow.parentRunId','00000000000000000000000000000001'),
(2,'mlflow.runName','run 1'),
(2,'t','xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'),
(3,'mlflow.parentRunId','00000000000000000000000000000001'),
(3,'mlflow.runName','run 2'),
(3,'t','xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'),
(4,'mlflow.parentRunId','00000000000000000000000000000001'),
(4,'mlflow.runName','run 3'),
(4,'t','xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'),
(5,'mlflow.parentRunId','00000000000000000000000000000001'),
(5,'mlflow.runName','run 4'),
(5,'t','xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'),
(6,'mlflow.parentRunId','00000000000000000000000000000001'),
(6,'mlflow.runName','run 5'),
(6,'t','xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx');
/*!40000 ALTER TABLE `tag` ENABLE KEYS */;
UNLOCK TABLES;
/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;

/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;
/*!40014 SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS */;
/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;
/*!40101 SET CHARACTER_SET_RESULTS=@OLD_CHARACTER_SET_RESULTS */;
/*!40101 SET COLLATION_CONNECTION=@OLD_COLLATION_CONNECTION */;
/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;

-- Dump completed
